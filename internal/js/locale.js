// What numbers.js, dates.js and intl.js share: choosing a locale and reading options.
(function (native) {
  const tables = native.module(' locales');
  const loaded = {};

  // Languages whose table has another name.
  const aliases = { en: 'en-US', pt: 'pt-BR', no: 'nb' };

  function table(name) {
    if (!loaded[name]) {
      const own = tables[name]();
      loaded[name] = own.parent ? Object.assign({}, table(own.parent), own) : own;
    }
    return loaded[name];
  }

  // canonical writes a tag as de-DE, without what follows -u-.
  function canonical(tag) {
    if (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null)) throw new TypeError('Incorrect locale information provided');
    const text = String(tag);
    if (!/^([a-z]{2,3}|[a-z]{5,8})(-[a-z0-9]{1,8})*$/i.test(text)) throw new RangeError('Incorrect locale information provided');
    return text.split('-').reduce((out, part, i) => {
      if (out.done || part.length === 1) out.done = true;
      else if (i === 0) out.parts.push(part.toLowerCase());
      else if (part.length === 4) out.parts.push(part[0].toUpperCase() + part.slice(1).toLowerCase());
      else out.parts.push(part.toUpperCase());
      return out;
    }, { parts: [], done: false }).parts.join('-');
  }

  function canonicalAll(locales) {
    if (locales === undefined) return [];
    if (locales === null) throw new TypeError('Cannot convert undefined or null to object');
    if (typeof locales === 'string') return [canonical(locales)];
    return Array.from(locales, canonical);
  }

  // known returns the name of the table for a tag, or undefined.
  function known(tag) {
    for (let name = tag; name; name = name.slice(0, Math.max(0, name.lastIndexOf('-')))) {
      if (aliases[name]) return aliases[name];
      if (tables[name]) return name;
    }
    return undefined;
  }

  // find returns the first locale that there is, and en-US without any.
  function find(locales) {
    const tag = canonicalAll(locales).find(known) || 'en-US';
    return { tag, data: table(known(tag)) };
  }

  // supported is the static method supportedLocalesOf.
  const supported = (locales) => canonicalAll(locales).filter(known);

  // reader returns a function that reads one option: a string out of a list, a
  // boolean if the list is 'boolean', or whatever it is without a list.
  function reader(options, service) {
    return function (name, values, fallback) {
      let v = options[name];
      if (v === undefined) return fallback;
      if (values === 'boolean') return Boolean(v);
      v = String(v);
      if (values && !values.includes(v)) throw new RangeError(`Value ${v} out of range for ${service} options property ${name}`);
      return v;
    };
  }

  // integer reads an option that is a number within limits.
  function integer(options, name, min, max, fallback) {
    if (options[name] === undefined) return fallback;
    const v = Number(options[name]);
    if (!(v >= min && v <= max)) throw new RangeError(`${name} value is out of range.`);
    return Math.floor(v);
  }

  // refuse throws for options that are not known here, unless they say nothing new.
  function refuse(options, service, names) {
    for (const [name, harmless] of Object.entries(names)) {
      const v = options[name];
      if (v !== undefined && !harmless.includes(String(v))) {
        throw new RangeError(`The option ${name} ('${v}') of ${service} is not available in function nodes`);
      }
    }
  }

  // memo returns resolve, which remembers its results for locales and plain options
  // as they are written in a call: a sort or a loop asks again and again.
  function memo(resolve) {
    let results = new Map();
    return function (locales, options, ...rest) {
      const plain = options === undefined || (options && Object.getPrototypeOf(options) === Object.prototype);
      if (!plain || (locales !== undefined && typeof locales !== 'string')) return resolve(locales, options, ...rest);
      let key = `${locales};${rest.join()}`;
      for (const name in options) key += `;${name}=${String(options[name])}`;
      let result = results.get(key);
      if (!result) {
        result = resolve(locales, options, ...rest);
        if (results.size >= 100) results = new Map();
        results.set(key, result);
      }
      return result;
    };
  }

  return { memo, canonicalAll, find, supported, reader, integer, refuse };
})
