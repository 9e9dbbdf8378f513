// Writes intl.txt, expressions and what they are in Node.js 20:
//
//	env -u LANG -u LC_ALL TZ=UTC node intl.mjs > intl.txt
//
// With an argument it writes more, which took part in making the tables.

const wide = process.argv.length > 2;
const locales = ['en-US', 'en-GB', 'en-CA', 'en-AU', 'en-NZ', 'en-IE', 'de-DE', 'de-AT', 'de-CH', 'fr-FR', 'fr-CH', 'es-ES', 'it-IT', 'nl-NL', 'nl-BE', 'pt-BR', 'sv-SE', 'da-DK', 'nb-NO', 'ja-JP'];
const few = ['en-US', 'en-GB', 'de-DE', 'fr-FR', 'sv-SE'];
const list = [];
const add = (...expressions) => list.push(...expressions);
const date = "new Date('2024-07-05T04:07:09.056Z')", evening = "new Date('2023-12-31T23:30:00Z')";

for (const l of locales) {
  for (const d of [date, evening]) {
    add(`${d}.toLocaleString('${l}', {timeZone: 'UTC'})`);
    add(`${d}.toLocaleDateString('${l}', {timeZone: 'Europe/Berlin', weekday: 'long', year: 'numeric', month: 'long', day: 'numeric'})`);
  }
  add(`${date}.toLocaleTimeString('${l}', {timeZone: 'America/New_York', hour: '2-digit', minute: '2-digit'})`);
  const sets = ["day: '2-digit', month: '2-digit', year: 'numeric'", "weekday: 'short', day: 'numeric', month: 'short'", "month: 'long', year: 'numeric'", "dateStyle: 'medium', timeStyle: 'short'", "hour12: true, hour: 'numeric'", "dateStyle: 'full'", "weekday: 'long'", "year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit'"];
  if (wide) {
    for (const weekday of ['', "weekday: 'short', ", "weekday: 'long', ", "weekday: 'narrow', "]) for (const year of ['', "year: 'numeric', ", "year: '2-digit', "])
      for (const month of ['', "month: 'numeric', ", "month: '2-digit', ", "month: 'short', ", "month: 'long', ", "month: 'narrow', "]) for (const day of ['', "day: 'numeric', ", "day: '2-digit', "])
        for (const time of ['', "hour: 'numeric', minute: '2-digit'"]) sets.push(weekday + year + month + day + time);
    for (const dateStyle of ['', "dateStyle: 'full', ", "dateStyle: 'long', ", "dateStyle: 'medium', ", "dateStyle: 'short', "]) for (const timeStyle of ['', "timeStyle: 'long', ", "timeStyle: 'medium', ", "timeStyle: 'short', "])
      for (const cycle of ['', 'hour12: true', 'hour12: false']) sets.push(dateStyle + timeStyle + cycle);
    for (const hour of ['', "hour: 'numeric', ", "hour: '2-digit', "]) for (const minute of ['', "minute: 'numeric', ", "minute: '2-digit', "])
      for (const second of ['', "second: 'numeric', ", "second: '2-digit', "]) for (const f of ['', 'fractionalSecondDigits: 3, ', 'fractionalSecondDigits: 1, '])
        for (const cycle of ['', 'hour12: true, ', 'hour12: false, ', "hourCycle: 'h23', ", "hourCycle: 'h24', ", "hourCycle: 'h11', "]) for (const z of ['', "timeZoneName: 'short', "]) if (minute || !hour || !second) sets.push(hour + minute + second + f + cycle + z);
  }
  for (const set of sets) add(`${date}.toLocaleString('${l}', {timeZone: 'UTC', ${set}})`);
  for (const zone of ['Europe/Berlin', 'Asia/Kolkata', 'America/New_York', ...(wide ? ['UTC', 'Europe/London', 'Europe/Lisbon', 'Europe/Helsinki', 'Asia/Tokyo', 'Asia/Shanghai', 'America/Sao_Paulo', 'Africa/Abidjan', 'America/Los_Angeles', 'Australia/Sydney', 'Atlantic/Reykjavik', 'Africa/Lagos', 'America/Jamaica', 'Pacific/Honolulu', 'Europe/Dublin', 'Europe/Moscow', 'Africa/Johannesburg'] : [])])
    for (const d of wide ? [date, evening] : [date]) add(`${d}.toLocaleTimeString('${l}', {timeZone: '${zone}', timeZoneName: 'short'})`);
  for (const n of ['1234.5', '1234567.891', '-0.056', ...(wide ? ['0', '-0', '1e21', 'NaN', '-Infinity', '999.9995', '1.005', '12345', '1e-7', '123456789012345680000', '0.1 + 0.2'] : [])]) {
    add(`(${n}).toLocaleString('${l}')`);
    for (const o of ["style: 'currency', currency: 'EUR'", "style: 'currency', currency: 'USD'", "style: 'percent', maximumFractionDigits: 1", ...(wide ? ['minimumFractionDigits: 2', 'maximumFractionDigits: 0', 'useGrouping: false', 'minimumIntegerDigits: 3', 'maximumSignificantDigits: 3', 'minimumSignificantDigits: 3', "signDisplay: 'always'", "signDisplay: 'exceptZero'", "style: 'percent'", ...['JPY', 'GBP', 'CHF', 'SEK', 'NOK', 'DKK', 'BRL', 'XYZ', 'PLN', 'KWD', 'INR'].map((c) => `style: 'currency', currency: '${c}'`), "style: 'currency', currency: 'USD', currencyDisplay: 'code'", "style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol'", "style: 'currency', currency: 'EUR', minimumFractionDigits: 0", "style: 'currency', currency: 'CHF', signDisplay: 'always'"] : [])])
      if (wide || n !== '-0.056') add(`(${n}).toLocaleString('${l}', {${o}})`);
  }
  if (l === 'ja-JP') continue; // its scripts have another order, which there is no table for
  const words = "['x10', 'x2', 'X1', 'ähre', 'zebra', 'Äpfel', 'apfel', 'ö', 'o', 'ñu', 'nu', 'oz', 'å', '_a', '-b', ' c', '1', '10', '2', 'ss', 'ß', 'éa', 'eb', 'Ea', 'æ', 'ø', 'a1', '日', 'я', '😀', '']";
  add(`${words}.sort((a, b) => a.localeCompare(b, '${l}')).join()`);
  add(`${words}.sort(new Intl.Collator('${l}', {numeric: true, sensitivity: 'base'}).compare).join()`);
}
for (const l of few) {
  add(`Intl.DateTimeFormat('${l}', {timeZone: 'UTC', dateStyle: 'long', timeStyle: 'medium'}).formatToParts(${date})`);
  add(`new Intl.NumberFormat('${l}', {style: 'currency', currency: 'SEK'}).formatToParts(-12345.678)`);
  add(`${date}.toLocaleTimeString('${l}', {timeZone: 'UTC', hour: 'numeric', minute: 'numeric', second: 'numeric', fractionalSecondDigits: 3})`);
  add(`new Date('2024-01-01T00:00:00Z').toLocaleTimeString('${l}', {timeZone: 'UTC', hour12: false})`);
}

// The machine's zone does not show in these.
const local = 'new Date(2024, 6, 15, 2, 0, 0)';
add(`${local}.toLocaleString()`, `${local}.toLocaleDateString()`, `${local}.toLocaleTimeString()`, `${local}.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'})`,
  `${local}.toLocaleString('sv')`, `${local}.toLocaleDateString(undefined, {weekday: 'short'})`, `${local}.toLocaleString('de-DE', {hour: 'numeric'})`,
  `${local}.toLocaleString('en', {timeStyle: 'medium'})`, `Intl.DateTimeFormat().format(${local})`, `new Intl.DateTimeFormat('en-GB').formatToParts(${local})`,
  `${local}.toLocaleDateString('en', {hour: 'numeric'})`, `${local}.toLocaleTimeString('en', {day: 'numeric'})`, 'new Date(NaN).toLocaleString()');
add('(1234567.891).toLocaleString()', '(25).toLocaleString(undefined, {minimumFractionDigits: 2})', '(1.005).toLocaleString(undefined, {maximumFractionDigits: 2})',
  '(2.5).toLocaleString(undefined, {maximumFractionDigits: 0})', '(-0.4).toLocaleString(undefined, {maximumFractionDigits: 0})', '(999.5).toLocaleString(undefined, {maximumFractionDigits: 0})', '(0.00001234).toLocaleString(undefined, {maximumSignificantDigits: 2})',
  '(1e21).toLocaleString()', '(1e-10).toLocaleString()', '(-0).toLocaleString()', '(NaN).toLocaleString()', '(-Infinity).toLocaleString("sv")', '(5).toLocaleString("en-US", {minimumIntegerDigits: 2})',
  '(1234).toLocaleString("es")', '(12345).toLocaleString("es")', '(1234).toLocaleString("es", {useGrouping: true})', '(12345).toLocaleString("de", {useGrouping: false})', '12345678901234567890n.toLocaleString("de-DE")', '10n.toLocaleString()',
  '10n.toLocaleString("de", {style: "currency", currency: "EUR"})', 'new Number(1234.5).toLocaleString("de")', '[1, 2].map(new Intl.NumberFormat("en", {minimumFractionDigits: 1}).format)',
  'new Intl.NumberFormat().format("123456789012345678901.5")', 'new Intl.NumberFormat().format("x")', 'Intl.NumberFormat("xx-YY").format(1234.5)', 'Intl.NumberFormat(["xx", "de"]).format(1234.5)', '(1.5).toLocaleString("de-DE-u-nu-latn")',
  '(0.256).toLocaleString("en", {style: "percent"})', '(1234.5).toLocaleString("en", {style: "currency", currency: "jpy"})', '(5).toLocaleString("en", {signDisplay: "always"})');
add('Intl.DateTimeFormat("de-DE", {timeZone: "europe/berlin"}).resolvedOptions()', 'Intl.DateTimeFormat("en-US", {timeZone: "Etc/UTC", hour: "2-digit", hour12: false}).resolvedOptions()', 'Intl.DateTimeFormat("xx", {timeZone: "gmt"}).resolvedOptions().locale', 'typeof Intl.DateTimeFormat().resolvedOptions().timeZone',
  'new Intl.NumberFormat("de-DE").resolvedOptions().locale', 'Intl.NumberFormat("en", {style: "currency", currency: "eur"}).resolvedOptions().currency', 'Intl.DateTimeFormat.supportedLocalesOf(["de", "xx"])', 'Intl.getCanonicalLocales("EN-us")', 'Object.prototype.toString.call(Intl)', 'new Intl.DateTimeFormat() instanceof Intl.DateTimeFormat', 'Object.prototype.toString.call(new Intl.NumberFormat())');
add("['x2', 'x10', 'x1'].sort((a, b) => a.localeCompare(b, undefined, {numeric: true}))", "['a', 'B', 'A', 'b'].sort((a, b) => a.localeCompare(b))", "'a'.localeCompare('Á', undefined, {sensitivity: 'base'})", "'a'.localeCompare('A', undefined, {sensitivity: 'accent'})", "'a'.localeCompare('á', 'en', {sensitivity: 'accent'})", "'a'.localeCompare('A', 'en', {sensitivity: 'case'})", "'a'.localeCompare('á', 'en', {sensitivity: 'case'})",
  "'a'.localeCompare('A')", "'a'.localeCompare('b')", "'a'.localeCompare('a')", "'a b'.localeCompare('ab', 'en', {ignorePunctuation: true})", "'1A'.localeCompare('B', 'en', {ignorePunctuation: true})", "'a-c'.localeCompare('ab', 'en', {ignorePunctuation: true})", "['ch1', 'ch0', 'ch10', 'ch9', 'ch00'].sort((a, b) => a.localeCompare(b, undefined, {numeric: true}))", "'z'.localeCompare('ö', 'sv')", "'z'.localeCompare('ö', 'de')", "'undefined'.localeCompare()", "'1.10'.localeCompare('1.9', undefined, {numeric: true, sensitivity: 'base'})", "'007'.localeCompare('7', 'en', {numeric: true})", "'2'.localeCompare('10')");
for (const e of ["timeZone: 'X'", "timeZone: ''", "timeZone: 'Local'", "timeZone: '+02:00'", "weekday: 'x'", "dateStyle: 'short', day: 'numeric'", 'fractionalSecondDigits: 4', "month: 'big'", "dateStyle: 'x'"]) add(`${date}.toLocaleString('en', {${e}})`);
for (const e of ["style: 'currency'", "style: 'currency', currency: 'EURO'", "style: 'x'", 'minimumFractionDigits: 101', 'minimumFractionDigits: 5, maximumFractionDigits: 2', "useGrouping: 'x'", 'minimumIntegerDigits: 0']) add(`(5).toLocaleString('de', {${e}})`);
add("new Date(2024, 6, 15).toLocaleString('default', {month: 'long'})", "(5).toLocaleString('latn')", "(1.5).toLocaleString('de-Latn-DE')", "(5).toLocaleString('de_DE')", '(5).toLocaleString(5)', '(5).toLocaleString(null)', `${date}.toLocaleDateString('de', {timeStyle: 'short'})`, `${date}.toLocaleTimeString('de', {dateStyle: 'short'})`, 'Intl.DateTimeFormat().format(NaN)', 'Date.prototype.toLocaleString.call(5)', "Number.prototype.toLocaleString.call('x')", "'a'.localeCompare('b', 'de', {sensitivity: 'x'})", "new Intl.DateTimeFormat('de', {weekday: 'x'})", "new Intl.NumberFormat('de', {style: 'currency', currency: '12'})", "String.prototype.localeCompare.call(null, 'x')");

for (const expression of new Set(list)) {
  let result;
  try {
    result = JSON.stringify((0, eval)(expression));
  } catch (e) {
    result = JSON.stringify(`${e.name}: ${e.message}`);
  }
  console.log(`${expression}\t${result}`);
}
