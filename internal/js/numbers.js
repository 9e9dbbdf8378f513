// Intl.NumberFormat and toLocaleString of numbers. Numbers are rounded as decimal
// text: 1.005 is what it looks like, as in Node.js.
(function (native) {
  const { memo, find, supported, reader, integer, refuse } = native.module(' locale');

  // How many digits follow the point, where it is not two.
  const fractions = { JPY: 0, KRW: 0, CLP: 0, ISK: 0, VND: 0, UGX: 0, XAF: 0, XOF: 0, PYG: 0, RWF: 0, BHD: 3, KWD: 3, JOD: 3, OMR: 3, TND: 3, IQD: 0, LYD: 3 };
  const narrow = { USD: '$', CAD: '$', AUD: '$', NZD: '$', MXN: '$', HKD: '$', SGD: '$', GBP: '£', EUR: '€', JPY: '¥', CNY: '¥', INR: '₹', KRW: '₩', BRL: 'R$', SEK: 'kr', NOK: 'kr', DKK: 'kr', PLN: 'zł', CZK: 'Kč', HUF: 'Ft', TRY: '₺', ILS: '₪', ZAR: 'R', RUB: '₽', UAH: '₴' };

  const resolve = memo(function (locales, options, service) {
    if (options === null) throw new TypeError(`${service} called on null or undefined`);
    options = options === undefined ? {} : Object(options);
    const { tag, data } = find(locales);
    const get = reader(options, service);
    const style = get('style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
    refuse(options, service, {
      style: ['decimal', 'percent', 'currency'], notation: ['standard'], currencySign: ['standard'], roundingMode: ['halfExpand'],
      roundingIncrement: ['1'], roundingPriority: ['auto'], trailingZeroDisplay: ['auto'], numberingSystem: ['latn'],
      currencyDisplay: ['symbol', 'code', 'narrowSymbol'],
    });
    const o = { tag, data, style, useGrouping: true };
    let currency = get('currency');
    if (currency !== undefined && !/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
    let digits = [0, style === 'percent' ? 0 : 3];
    if (style === 'currency') {
      if (currency === undefined) throw new TypeError('Currency code is required with currency style.');
      o.currency = currency = currency.toUpperCase();
      o.currencyDisplay = get('currencyDisplay', undefined, 'symbol');
      const n = currency in fractions ? fractions[currency] : 2;
      digits = [n, n];
    }
    o.minimumIntegerDigits = integer(options, 'minimumIntegerDigits', 1, 21, 1);
    const min = integer(options, 'minimumFractionDigits', 0, 100);
    const max = integer(options, 'maximumFractionDigits', 0, 100);
    if (min > max) throw new RangeError('maximumFractionDigits value is out of range.');
    o.minimumFractionDigits = min === undefined ? Math.min(digits[0], max === undefined ? digits[0] : max) : min;
    o.maximumFractionDigits = max === undefined ? Math.max(digits[1], o.minimumFractionDigits) : max;
    if (options.minimumSignificantDigits !== undefined || options.maximumSignificantDigits !== undefined) {
      o.minimumSignificantDigits = integer(options, 'minimumSignificantDigits', 1, 21, 1);
      o.maximumSignificantDigits = integer(options, 'maximumSignificantDigits', o.minimumSignificantDigits, 21, 21);
    }
    o.signDisplay = get('signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
    const grouping = options.useGrouping;
    if (typeof grouping === 'string' && !['min2', 'auto', 'always', 'true', 'false'].includes(grouping)) {
      throw new RangeError(`Value ${grouping} out of range for ${service} options property useGrouping`);
    }
    o.useGrouping = grouping === undefined || grouping === 'true' || grouping === 'false' ? 'auto' : grouping === true ? 'always' : grouping || false;
    return o;
  });

  // decimal returns { negative, digits, point }: the digits and how many of them are
  // before the decimal point.
  function decimal(v) {
    const [, minus, whole, fraction = '', exponent = '0'] = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(v);
    let digits = whole + fraction, point = whole.length + Number(exponent);
    const zeros = /^0*/.exec(digits)[0].length;
    digits = digits.slice(zeros);
    point = digits ? point - zeros : 0;
    return { negative: minus === '-', digits, point };
  }

  // round keeps a number of digits, half away from zero.
  function round(n, keep) {
    if (keep >= n.digits.length) return;
    if (keep < 0) {
      n.digits = '';
      n.point = 0;
      return;
    }
    const up = n.digits[keep] >= '5';
    n.digits = n.digits.slice(0, keep);
    if (!up) return;
    const raised = String(BigInt(n.digits || '0') + 1n).padStart(keep, '0');
    n.point += raised.length - keep;
    n.digits = raised;
  }

  // figures returns the integer and the fraction of a number as the options want them.
  function figures(n, o) {
    let min = o.minimumFractionDigits;
    if (o.maximumSignificantDigits) {
      round(n, o.maximumSignificantDigits);
      min = Math.max(0, o.minimumSignificantDigits - (n.digits ? n.point : 1));
    } else {
      round(n, n.point + o.maximumFractionDigits);
    }
    const whole = n.point > 0 ? n.digits.slice(0, n.point).padEnd(n.point, '0') : '';
    const rest = n.point > 0 ? n.digits.slice(n.point) : n.digits && '0'.repeat(-n.point) + n.digits;
    return [whole.padStart(o.minimumIntegerDigits, '0'), rest.replace(/0+$/, '').padEnd(min, '0')];
  }

  function numberParts(n, o) {
    const { number } = o.data, money = o.style === 'currency';
    if (o.style === 'percent' && n.digits) n.point += 2;
    const [whole, rest] = figures(n, o);
    const parts = [], groups = [];
    const least = { auto: number.minimumGrouping, always: 1, min2: 2 }[o.useGrouping];
    let left = whole;
    while (o.useGrouping && left.length > 3 && whole.length >= 3 + least) {
      groups.unshift(left.slice(-3));
      left = left.slice(0, -3);
    }
    groups.unshift(left);
    groups.forEach((value, i) => {
      if (i) parts.push({ type: 'group', value: (money && number.currencyGroup) || number.group });
      parts.push({ type: 'integer', value });
    });
    if (rest) parts.push({ type: 'decimal', value: (money && number.currencyDecimal) || number.decimal }, { type: 'fraction', value: rest });
    return parts;
  }

  function symbol(o) {
    if (o.currencyDisplay === 'code') return o.currency;
    return (o.currencyDisplay === 'narrowSymbol' && narrow[o.currency]) || o.data.symbols[o.currency] || o.currency;
  }

  // sign returns '-', '+' or nothing.
  function sign(o, negative, zero) {
    switch (o.signDisplay) {
      case 'never': return '';
      case 'always': return negative ? '-' : '+';
      case 'exceptZero': return zero ? '' : negative ? '-' : '+';
      case 'negative': return negative && !zero ? '-' : '';
    }
    return negative ? '-' : '';
  }

  function toParts(v, o) {
    let inner, negative, zero = false;
    if (typeof v === 'number' && !isFinite(v)) {
      negative = v < 0;
      zero = v !== v;
      inner = [v !== v ? { type: 'nan', value: 'NaN' } : { type: 'infinity', value: '∞' }];
    } else {
      const n = decimal(Object.is(v, -0) ? '-0' : String(v));
      inner = numberParts(n, o);
      negative = n.negative;
      zero = !/[1-9]/.test(n.digits);
    }
    const mark = sign(o, negative, zero);
    let pattern = { decimal: '0', percent: o.data.number.percent, currency: o.data.number.currency[0] }[o.style];
    if (mark) pattern = o.style === 'currency' ? o.data.number.currency[1] : '-' + pattern;
    const parts = [];
    for (const part of pattern.match(/[0¤%-]|[^0¤%-]+/g)) {
      if (part === '0') parts.push(...inner);
      else if (part === '-') parts.push(mark === '-' ? { type: 'minusSign', value: o.data.number.minus } : { type: 'plusSign', value: '+' });
      else if (part === '%') parts.push({ type: 'percentSign', value: '%' });
      else if (part === '¤') parts.push({ type: 'currency', value: symbol(o) });
      else parts.push({ type: 'literal', value: part });
    }
    return spaced(parts);
  }

  // spaced parts letters from digits: a code before a number has a space even
  // where a symbol has none.
  function spaced(parts) {
    const at = parts.findIndex((p) => p.type === 'currency'), next = parts[at + 1];
    if (at >= 0 && next && next.type === 'integer' && /[A-Za-z]$/.test(parts[at].value)) {
      parts.splice(at + 1, 0, { type: 'literal', value: '\u00a0' });
    }
    return parts;
  }

  // numeric turns what format is given into a number, a BigInt or decimal text.
  function numeric(v) {
    if (typeof v === 'bigint' || typeof v === 'number') return v;
    if (typeof v === 'object' && v !== null) return numeric(typeof v.valueOf() === 'object' ? String(v) : v.valueOf());
    if (typeof v === 'string' && /^\s*-?\d+(\.\d*)?\s*$/.test(v)) return v.trim();
    return Number(v);
  }

  const text = (parts) => parts.map((p) => p.value).join('');

  function NumberFormat(locales, options) {
    const o = resolve(locales, options, 'Intl.NumberFormat');
    const self = Object.create(NumberFormat.prototype);
    Object.defineProperty(self, 'format', { value: (v) => text(toParts(numeric(v), o)) });
    Object.defineProperty(self, 'formatToParts', { value: (v) => toParts(numeric(v), o) });
    Object.defineProperty(self, 'resolvedOptions', { value: () => {
      const { tag, data, ...rest } = o;
      return { locale: tag, numberingSystem: 'latn', ...rest };
    } });
    return self;
  }
  NumberFormat.supportedLocalesOf = supported;
  Object.defineProperty(NumberFormat.prototype, Symbol.toStringTag, { value: 'Intl.NumberFormat', configurable: true });

  // number and bigint are the methods of the prototypes; this comes first.
  function number(v, locales, options) {
    if (typeof v !== 'number' && !(v instanceof Number)) throw new TypeError("Number.prototype.toLocaleString requires that 'this' be a Number");
    return text(toParts(Number(v), resolve(locales, options, 'Number.prototype.toLocaleString')));
  }

  function bigint(v, locales, options) {
    return text(toParts(BigInt.prototype.valueOf.call(v), resolve(locales, options, 'BigInt.prototype.toLocaleString')));
  }

  return { NumberFormat, number, bigint };
})
