// Writes ../locales.js, what Node.js knows of the locales:
//
//	env -u LANG -u LC_ALL TZ=UTC node locales.mjs > ../locales.js
//
// A pattern is read off formatToParts and written as CLDR has it (d 'de' MMMM).

const parents = { 'en-US': '', 'en-GB': 'en-US', 'en-CA': 'en-US', 'en-AU': 'en-GB', 'en-NZ': 'en-GB', 'en-IE': 'en-GB', de: '', 'de-AT': 'de', 'de-CH': 'de', fr: '', 'fr-CH': 'fr', es: '', it: '', nl: '', 'nl-BE': 'nl', 'pt-BR': '', sv: '', da: '', nb: '', ja: '' };
const letters = { weekday: 'E', year: 'y', month: 'M', day: 'd', hour: 'H', minute: 'm', second: 's', dayPeriod: 'a', timeZoneName: 'z' };
const currencies = ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'SEK', 'NOK', 'DKK', 'BRL', 'CAD', 'AUD', 'NZD', 'CNY', 'INR', 'KRW', 'MXN', 'PLN', 'CZK', 'HUF', 'TRY', 'ILS', 'HKD', 'SGD', 'ZAR', 'RUB', 'UAH'];
const kinds = ['short', 'long', 'narrow'];
const quote = (s) => s.replace(/[A-Za-z]+|'/g, (w) => (w === "'" ? "''" : `'${w}'`));

function names(locale, count, options, field, date) {
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
  return Array.from({ length: count }, (_, i) => format.formatToParts(date(i)).find((p) => p.type === field).value);
}

function locale(l) {
  const month = (i) => new Date(Date.UTC(2024, i, 5, 4, 7, 9));
  const day = (i) => new Date(Date.UTC(2024, 8, 1 + i, 4, 7, 9));
  const out = { months: {}, weekdays: {} };
  kinds.forEach((kind) => {
    const [M, L, E, c] = ['M', 'L', 'E', 'c'].map((x) => x.repeat({ short: 3, long: 4, narrow: 5 }[kind]));
    out.months[M] = names(l, 12, { month: kind, day: 'numeric' }, 'month', month);
    out.months[L] = names(l, 12, { month: kind }, 'month', month);
    out.weekdays[E] = names(l, 7, { weekday: kind, month: 'long', day: 'numeric' }, 'weekday', day);
    out.weekdays[c] = names(l, 7, { weekday: kind }, 'weekday', day);
  });
  out.weekdays.EEEEE = out.weekdays.ccccc; // narrow names mostly stand alone
  for (const table of [out.months, out.weekdays]) {
    for (const [own, shared] of [['LLL', 'MMM'], ['LLLL', 'MMMM'], ['LLLLL', 'MMMMM'], ['ccc', 'EEE'], ['cccc', 'EEEE'], ['ccccc', 'EEEEE']]) {
      if (String(table[own]) === String(table[shared])) delete table[own];
    }
  }

  function pattern(options) {
    const format = new Intl.DateTimeFormat(l, { timeZone: 'UTC', ...options });
    const cycle = { h11: 'K', h12: 'h', h23: 'H', h24: 'k' }[format.resolvedOptions().hourCycle];
    const all = Array.from({ length: 84 }, (_, i) => new Date(Date.UTC(2024, i % 12, 1 + i % 7, 4, 7, 9)));
    // name is the list that has the value for every date.
    const name = (table, index, type) => Object.keys(table).find((k) => all.every((d) => format.formatToParts(d).find((p) => p.type === type).value === table[k][index(d)]));
    return format.formatToParts(month(2)).map(({ type, value }) => {
      if (type === 'literal') return quote(value);
      if (type === 'weekday') return name(out.weekdays, (d) => d.getUTCDay(), type) || 'EEE';
      if (type === 'month' && !/^\d+$/.test(value)) return name(out.months, (d) => d.getUTCMonth(), type) || 'MMM';
      const letter = type === 'hour' ? cycle : letters[type];
      if (type === 'year') return value.length === 2 ? 'yy' : 'y';
      return /^0\d$/.test(value) ? letter + letter : letter;
    }).join('');
  }

  const resolved = new Intl.DateTimeFormat(l, { hour: 'numeric' }).resolvedOptions();
  const cycle = (hour12) => new Intl.DateTimeFormat(l, { hour: 'numeric', hour12 }).resolvedOptions().hourCycle;
  out.cycles = [resolved.hourCycle, cycle(true), cycle(false)];
  out.periods = [4, 14].map((h) => new Intl.DateTimeFormat(l, { hour: 'numeric', hour12: true, timeZone: 'UTC' }).formatToParts(Date.UTC(2024, 0, 1, h)).find((p) => p.type === 'dayPeriod').value);

  out.dates = {};
  for (const y of ['', 'y']) for (const M of ['', 'M', 'MMM', 'MMMM']) for (const E of ['', 'EEE', 'EEEE']) for (const d of ['', 'd']) {
    const options = {};
    if (y) options.year = 'numeric';
    if (M) options.month = { 1: 'numeric', 3: 'short', 4: 'long' }[M.length];
    if (E) options.weekday = E.length === 3 ? 'short' : 'long';
    if (d) options.day = 'numeric';
    const key = E + y + M + d;
    if (!key) continue;
    const p = pattern(options);
    // What a shorter name has gives the pattern of a longer one.
    const shorter = [key.replace('EEEE', 'EEE'), key.replace('MMMM', 'MMM'), key.replace('EEEE', 'EEE').replace('MMMM', 'MMM')]
      .find((k) => k !== key && out.dates[k]);
    const same = (a) => a.replace(/EEE+/, 'E').replace(/ccc+/, 'c').replace(/MMM+/, 'N').replace(/LLL+/, 'L');
    if (shorter && same(out.dates[shorter]) === same(p)) continue;
    out.dates[key] = p;
  }

  // A number of two digits is written so, and the others as the locale has them,
  // but where it is otherwise.
  for (const fields of ['yMd', 'Md', 'yM']) for (let n = 1; n < 2 ** fields.length; n++) {
    const options = {}, name = { y: 'year', M: 'month', d: 'day' };
    const key = [...fields].map((c, i) => {
      const two = n & (1 << i);
      options[name[c]] = two ? '2-digit' : 'numeric';
      return two ? c + c : c;
    }).join('');
    const p = pattern(options);
    const usual = [...fields].reduce((q, c) => (key.includes(c + c) ? q.replace(new RegExp(c + '+'), c + c) : q), out.dates[fields]);
    if (p !== usual) out.dates[key] = p;
  }

  out.times = {};
  for (const hourCycle of ['h12', 'h23']) for (const n of [1, 2, 3]) {
    const options = { hourCycle, hour: 'numeric' };
    if (n > 1) options.minute = 'numeric';
    if (n > 2) options.second = 'numeric';
    const key = (hourCycle === 'h12' ? 'h' : 'H') + 'ms'.slice(0, n - 1);
    out.times[key] = pattern(options);
    const zoned = pattern({ ...options, timeZoneName: 'short' });
    if (zoned !== out.times[key] + ' z') out.times[key + 'z'] = zoned;
  }
  // The hour is narrower where the others have been given a width.
  for (const key of ['Hmm', 'Hmss', 'Hmms', 'Hmmss']) {
    const options = { hourCycle: 'h23', hour: 'numeric', minute: key[2] === 'm' ? '2-digit' : 'numeric' };
    if (key.includes('s')) options.second = key.endsWith('ss') ? '2-digit' : 'numeric';
    const p = pattern(options);
    if (p !== out.times[key.replace('mm', 'm').replace('ss', 's')]) out.times[key] = p;
  }
  out.times.ms = pattern({ minute: 'numeric', second: 'numeric' });

  out.styles = ['full', 'long', 'medium', 'short'].map((dateStyle) => pattern({ dateStyle }));
  const glue = (options) => {
    const parts = new Intl.DateTimeFormat(l, { timeZone: 'UTC', ...options }).formatToParts(month(2));
    const hour = parts.findIndex((p) => p.type === 'hour' || p.type === 'dayPeriod');
    return (parts[hour - 1] || { value: ' ' }).value.replace('日', ''); // which ends the date
  };
  const numeric = { year: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' };
  out.glue = ['full', 'long', 'medium', 'short'].map((dateStyle) => glue({ dateStyle, timeStyle: 'short' }));
  // Between date and time: with a long month after a weekday, a long month, a short
  // one, a number, and a weekday alone.
  out.fieldGlue = [{ month: 'long', weekday: 'long' }, { month: 'long' }, { month: 'short' }, { month: 'numeric' }].map((m) => glue({ ...numeric, ...m }));
  out.fieldGlue.push(glue({ weekday: 'long', hour: 'numeric', minute: 'numeric' }));

  const parts = (v, options) => new Intl.NumberFormat(l, options).formatToParts(v);
  const value = (list, type) => (list.find((p) => p.type === type) || { value: '' }).value;
  const big = parts(-1234567.5);
  out.number = {
    group: value(big, 'group'), decimal: value(big, 'decimal'), minus: value(big, 'minusSign'),
    minimumGrouping: parts(1234).length > 1 ? 1 : 2,
    percent: parts(0.5, { style: 'percent' }).map((p) => (p.type === 'integer' ? '0' : p.value)).join(''),
  };
  const money = (v) => parts(v, { style: 'currency', currency: 'EUR', currencyDisplay: 'narrowSymbol' }).map((p) => ({ currency: '¤', minusSign: '-', literal: p.value }[p.type] || '0')).join('').replace(/0+/, '0');
  out.number.currency = [money(5), money(-5)];
  const group = value(parts(-1234567.5, { style: 'currency', currency: 'EUR' }), 'group');
  const decimal = value(parts(-1234567.5, { style: 'currency', currency: 'EUR' }), 'decimal');
  if (group !== out.number.group) out.number.currencyGroup = group;
  if (decimal !== out.number.decimal) out.number.currencyDecimal = decimal;
  out.symbols = {};
  for (const currency of currencies) {
    const symbol = value(parts(5, { style: 'currency', currency }), 'currency');
    if (symbol !== currency) out.symbols[currency] = symbol;
  }
  const zone = (timeZone, d) => value(new Intl.DateTimeFormat(l, { timeZone, timeZoneName: 'short' }).formatToParts(Date.UTC(2024, d, 1)), 'timeZoneName');
  // What an offset is made of: GMT, minus and colon.
  out.gmt = /^(\D+)(\D)3(\D)30$/.exec(zone('Asia/Tehran', 0).replace('+', zone('America/Caracas', 0)[3])).slice(1);
  out.zones = {};
  for (const [winter, summer, name] of [['GMT', 'BST', 'Europe/London'], ['GMT', 'IST', 'Europe/Dublin'], ['WET', 'WEST', 'Europe/Lisbon'], ['CET', 'CEST', 'Europe/Berlin'], ['EET', 'EEST', 'Europe/Helsinki'], ['EST', 'EDT', 'America/New_York'], ['CST', 'CDT', 'America/Chicago'], ['MST', 'MDT', 'America/Denver'], ['PST', 'PDT', 'America/Los_Angeles'], ['AKST', 'AKDT', 'America/Anchorage'], ['HST', '', 'Pacific/Honolulu'], ['JST', '', 'Asia/Tokyo'], ['AEST', 'AEDT', 'Australia/Sydney']]) {
    const southern = name.startsWith('Australia');
    for (const [abbreviation, d] of [[winter, southern ? 6 : 0], [summer, southern ? 0 : 6]]) {
      const shown = zone(name, d);
      if (abbreviation && !out.zones[abbreviation] && !/^(GMT|UTC)[+−-]/.test(shown)) out.zones[abbreviation] = shown;
    }
  }
  return out;
}

// without leaves out what the parent has.
function without(own, parent) {
  const out = {};
  for (const [key, v] of Object.entries(own)) {
    if (JSON.stringify(parent[key]) === JSON.stringify(v)) continue;
    out[key] = v;
  }
  return out;
}

const all = Object.fromEntries(Object.keys(parents).map((l) => [l, locale(l)]));
const text = (v) => JSON.stringify(v).replace(/[\u00a0\u202f\u2212\u200f]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
console.log('// What the locales have. Written by testdata/locales.mjs; do not edit.');
console.log('(function () {\n  return {');
for (const [l, parent] of Object.entries(parents)) {
  console.log(`    '${l}': () => ({`);
  if (parent) console.log(`      parent: '${parent}',`);
  for (const [key, v] of Object.entries(parent ? without(all[l], { ...(all[parents[parent]] || {}), ...all[parent] }) : all[l])) {
    console.log(`      ${key}: ${text(v)},`);
  }
  console.log('    }),');
}
console.log('  };\n})');
