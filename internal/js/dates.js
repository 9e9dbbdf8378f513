// Intl.DateTimeFormat and toLocaleString of dates. A pattern is text as CLDR has it:
// letters are fields, what is within quotes or no letter stands for itself.
(function (native) {
  const { memo, find, supported, reader, refuse, integer } = native.module(' locale');

  const dateFields = ['weekday', 'year', 'month', 'day'];
  const timeFields = ['hour', 'minute', 'second', 'fractionalSecondDigits'];
  const text = ['narrow', 'short', 'long'], numeric = ['2-digit', 'numeric'];
  const cycles = { h11: 'K', h12: 'h', h23: 'H', h24: 'k' };
  const types = { E: 'weekday', c: 'weekday', y: 'year', M: 'month', L: 'month', d: 'day', K: 'hour', h: 'hour', H: 'hour', k: 'hour', m: 'minute', s: 'second', S: 'fractionalSecond', a: 'dayPeriod', z: 'timeZoneName' };

  // Minutes from UTC of the abbreviations that locales have names for: CST is also
  // a time in China.
  const named = { GMT: 0, BST: 60, IST: 60, WET: 0, WEST: 60, CET: 60, CEST: 120, EET: 120, EEST: 180, EST: -300, EDT: -240, CST: -360, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420, AKST: -540, AKDT: -480, HST: -600, JST: 540, AEST: 600, AEDT: 660 };

  // resolve returns what the options mean. need and defaults are 'date', 'time' or
  // 'any': which fields count as a choice, and which there are without one.
  const resolve = memo(function (locales, options, need, defaults, service) {
    if (options === null) throw new TypeError('Cannot convert undefined or null to object');
    options = options === undefined ? {} : Object(options);
    const { tag, data } = find(locales);
    const get = reader(options, service);
    refuse(options, service, {
      era: [], dayPeriod: [], calendar: ['gregory', 'iso8601'], numberingSystem: ['latn'],
      timeZoneName: ['short', 'shortOffset', 'longOffset'], timeStyle: ['short', 'medium', 'long'],
    });
    const o = { tag, data, timeZone: zone(get('timeZone')) };
    o.weekday = get('weekday', text);
    o.year = get('year', numeric);
    o.month = get('month', [...numeric, ...text]);
    for (const name of ['day', 'hour', 'minute', 'second']) o[name] = get(name, numeric);
    o.fractionalSecondDigits = integer(options, 'fractionalSecondDigits', 1, 3);
    o.timeZoneName = get('timeZoneName');
    o.dateStyle = get('dateStyle', ['full', 'long', 'medium', 'short']);
    o.timeStyle = get('timeStyle');
    const cycle = get('hourCycle', Object.keys(cycles), data.cycles[0]);
    const hour12 = get('hour12', 'boolean');
    o.hourCycle = hour12 === undefined ? cycle : data.cycles[hour12 ? 1 : 2];
    if (o.dateStyle || o.timeStyle) {
      const other = [...dateFields, ...timeFields, 'timeZoneName'].find((name) => o[name] !== undefined);
      if (other) throw new TypeError(`Can't set option ${other} when ${o.dateStyle ? 'dateStyle' : 'timeStyle'} is used`);
      if (need === 'date' && o.timeStyle) throw new TypeError('Invalid option : timeStyle');
      if (need === 'time' && o.dateStyle) throw new TypeError('Invalid option : dateStyle');
    } else {
      const chosen = [...(need !== 'time' ? dateFields : []), ...(need !== 'date' ? timeFields : [])];
      if (chosen.every((name) => o[name] === undefined)) {
        if (defaults !== 'time') o.year = o.month = o.day = 'numeric';
        if (defaults !== 'date') o.hour = o.minute = o.second = 'numeric';
      }
    }
    o.tokens = (o.dateStyle || o.timeStyle ? stylePattern(o) : fieldPattern(o, service)).match(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+/g);
    return o;
  });

  function zone(name) {
    if (name === undefined) return native.localZone();
    const known = native.zone(name);
    if (known) return known;
    if (native.hasZones()) throw new RangeError(`Invalid time zone specified: ${name}`);
    throw new RangeError(`The time zone ${name} is not known: there are no time zone files (tzdata) on this machine`);
  }

  const glue = (pattern, between, other) => pattern + "'" + between.replace(/'/g, "''") + "'" + other;

  function stylePattern(o) {
    const at = ['full', 'long', 'medium', 'short'].indexOf(o.dateStyle);
    const date = o.dateStyle && o.data.styles[at];
    const [key, end] = { short: ['m', ''], medium: ['ms', ''], long: ['ms', ' z'] }[o.timeStyle] || [];
    let time = o.timeStyle && inCycle(o, clock(o) + key) + end;
    // Another hour cycle leaves the hour as wide as it was.
    if (time && clock(o) === 'h' && /HH/.test(o.data.times.Hm) && clock({ hourCycle: o.data.cycles[0] }) === 'H') time = time.replace(/[hK]/, '$&$&');
    return date && time ? glue(date, o.data.glue[at], time) : date || time;
  }

  function fieldPattern(o, service) {
    const date = datePattern(o);
    let time = timePattern(o, service);
    if (!o.timeZoneName) return date && time ? join(o, date, time) : date || time;
    if (!time) return date + "', 'z";
    return date ? join(o, date, time) : time;
  }

  function join(o, date, time) {
    if (weekdayOnly(o)) return glue(date.replace(/c/g, 'E'), o.data.fieldGlue[4], time);
    const kind = o.month === 'long' ? (o.weekday ? 0 : 1) : o.month === 'short' ? 2 : 3;
    return glue(date, o.data.fieldGlue[kind], time);
  }

  // The number of letters that a field is written with.
  const width = { narrow: 5, short: 3, long: 4, numeric: 1, '2-digit': 2 };
  const weekdayOnly = (o) => o.weekday && !o.year && !o.month && !o.day;
  const twice = (letter, v) => (v ? letter.repeat(v === '2-digit' ? 2 : 1) : '');

  // datePattern takes the pattern for the same fields, or with shorter names, and
  // gives its fields the width that was asked for.
  function datePattern({ weekday, year, month, day, data }) {
    const E = weekday ? (weekday === 'long' ? 'EEEE' : 'EEE') : '', N = width[month];
    const M = month ? { 4: 'MMMM', 3: 'MMM', 5: 'MMM' }[N] || 'M' : '';
    const short = (s) => s.slice(0, 3);
    const d = day ? 'd' : '', y = year ? 'y' : '';
    const keys = [[E, M], [short(E), M], [E, short(M)], [short(E), short(M)]].map(([e, m]) => e + y + m + d);
    const numbers = E || M !== 'M' ? '' : twice('y', year) + twice('M', month) + twice('d', day);
    if (numbers in data.dates) return data.dates[numbers];
    const found = data.dates[keys.find((key) => key in data.dates)] || '';
    return found.replace(/'[^']*'|([EcMLdy])\1*/g, (field, letter) => {
      if (!letter) return field;
      if (letter === 'E' || letter === 'c') return letter.repeat(width[weekday]);
      if (letter === 'L' || (letter === 'M' && N > 2)) return letter.repeat(N);
      const asked = { M: month, d: day, y: year }[letter];
      return asked === '2-digit' ? letter + letter : field;
    });
  }

  const clock = (o) => (o.hourCycle === 'h11' || o.hourCycle === 'h12' ? 'h' : 'H');

  // inCycle is the pattern of a time with the letter of the hour cycle.
  function inCycle(o, key) {
    return o.data.times[key].replace(/'[^']*'|[hH]/g, (c) => (c.length > 1 ? c : cycles[o.hourCycle]));
  }

  function timePattern(o, service) {
    const { hour, minute, fractionalSecondDigits: digits, data } = o;
    const second = o.second || (digits && minute && 'numeric');
    const end = o.timeZoneName ? ' z' : '';
    if (!minute && ((hour && (second || digits)) || (digits && second === '2-digit'))) {
      throw new RangeError(`Hours and seconds without minutes are not available in function nodes (${service})`);
    }
    let pattern = '';
    if (hour) {
      let key = clock(o) + (minute ? 'm' : '') + (second ? 's' : '');
      const wide = clock(o) + twice('m', minute) + twice('s', o.second);
      const zoned = end && key + 'z' in data.times;
      if (zoned) key += 'z';
      else if (!end && !weekdayOnly(o) && (o.second || !digits) && wide in data.times) key = wide;
      pattern = inCycle(o, key) + (zoned ? '' : end);
      if (hour === '2-digit') pattern = pattern.replace(/'[^']*'|([hHkK])\1*/g, (field, c) => (c ? c + c : field));
    } else if (minute || second) {
      pattern = (minute && second ? data.times.ms : minute ? 'm' : 's') + end;
    } else if (digits) {
      return 'S'.repeat(digits) + end;
    }
    return digits ? pattern.replace(/s+/, (s) => glue(s, data.number.decimal, 'S'.repeat(digits))) : pattern;
  }

  // zoneName is CEST or what the locale has for it, or GMT+2.
  function zoneName(o, { abbreviation, offset }) {
    if (o.timeZone === 'UTC' && o.timeZoneName !== 'longOffset' && o.timeZoneName !== 'shortOffset') return 'UTC';
    if (o.timeZoneName === 'short' || !o.timeZoneName) {
      const name = o.data.zones[abbreviation];
      if (name && named[abbreviation] === offset) return name;
    }
    const [gmt, minus, colon] = o.data.gmt, long = o.timeZoneName === 'longOffset';
    if (offset === 0 && (long || o.timeZoneName === 'shortOffset')) return gmt;
    const minutes = Math.abs(offset), pad = (n) => String(n).padStart(2, '0');
    const hours = Math.floor(minutes / 60), rest = minutes % 60;
    return gmt + (offset < 0 ? minus : '+') + (long ? pad(hours) : hours) + (long || rest ? colon + pad(rest) : '');
  }

  function value(o, t, letter, n) {
    const pad = (v) => (n === 2 ? String(v).padStart(2, '0').slice(-2) : String(v));
    const { months, weekdays, periods } = o.data;
    switch (letter) {
      case 'E': case 'c': return (weekdays[letter.repeat(n)] || weekdays['E'.repeat(n)])[t.weekday];
      case 'M': case 'L': return n > 2 ? (months[letter.repeat(n)] || months['M'.repeat(n)])[t.month - 1] : pad(t.month);
      case 'y': return pad(t.year);
      case 'd': return pad(t.day);
      case 'H': return pad(t.hour);
      case 'k': return pad(t.hour || 24);
      case 'K': return pad(t.hour % 12);
      case 'h': return pad(t.hour % 12 || 12);
      case 'm': return pad(t.minute);
      case 's': return pad(t.second);
      case 'S': return String(t.millisecond).padStart(3, '0').slice(0, n);
      case 'a': return periods[t.hour < 12 ? 0 : 1];
    }
    return zoneName(o, t);
  }

  function toParts(ms, o) {
    const t = native.fieldsOf(ms, o.timeZone);
    const parts = [];
    for (const token of o.tokens) {
      if (types[token[0]]) {
        parts.push({ type: types[token[0]], value: value(o, t, token[0], token.length) });
        continue;
      }
      const literal = token[0] === "'" ? token.slice(1, -1).replace(/''/g, "'") : token;
      const last = parts[parts.length - 1];
      if (last && last.type === 'literal') last.value += literal;
      else parts.push({ type: 'literal', value: literal });
    }
    return parts;
  }

  // Node.js has a plain space before AM in texts, but not in parts.
  const joined = (parts) => parts.map((p) => p.value).join('').replace(/\u202f/g, ' ');

  function DateTimeFormat(locales, options) {
    const o = resolve(locales, options, 'any', 'date', 'Intl.DateTimeFormat');
    const self = Object.create(DateTimeFormat.prototype);
    const time = (v) => {
      const ms = v === undefined ? Date.now() : Number(v);
      if (!(Math.abs(ms) <= 8.64e15)) throw new RangeError('Invalid time value');
      return ms;
    };
    Object.defineProperty(self, 'format', { value: (v) => joined(toParts(time(v), o)) });
    Object.defineProperty(self, 'formatToParts', { value: (v) => toParts(time(v), o) });
    Object.defineProperty(self, 'resolvedOptions', { value: () => resolved(o) });
    return self;
  }
  DateTimeFormat.supportedLocalesOf = supported;
  Object.defineProperty(DateTimeFormat.prototype, Symbol.toStringTag, { value: 'Intl.DateTimeFormat', configurable: true });

  function resolved(o) {
    const out = { locale: o.tag, calendar: 'gregory', numberingSystem: 'latn', timeZone: o.timeZone };
    if (o.hour || o.timeStyle) {
      out.hourCycle = o.hourCycle;
      out.hour12 = clock(o) === 'h';
    }
    for (const name of [...dateFields, ...timeFields]) {
      const token = o[name] && o.tokens.find((t) => types[t[0]] === name);
      if (token) out[name] = { 1: 'numeric', 2: '2-digit', 3: 'short', 4: 'long', 5: 'narrow' }[token.length];
    }
    for (const name of ['fractionalSecondDigits', 'timeZoneName', 'dateStyle', 'timeStyle']) if (o[name]) out[name] = o[name];
    return out;
  }

  // method is one of the methods of the prototype; this comes first.
  function method(name, need, defaults) {
    const service = `Date.prototype.${name}`;
    return function (v, locales, options) {
      if (!(v instanceof Date)) throw new TypeError(`Method ${service} called on incompatible receiver ${String(v)}`);
      const o = resolve(locales, options, need, defaults, service), ms = v.getTime();
      return isNaN(ms) ? 'Invalid Date' : joined(toParts(ms, o));
    };
  }

  return {
    DateTimeFormat,
    both: method('toLocaleString', 'any', 'any'),
    date: method('toLocaleDateString', 'date', 'date'),
    time: method('toLocaleTimeString', 'time', 'time'),
  };
})
