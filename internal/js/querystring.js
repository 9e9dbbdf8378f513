// Node.js's querystring module.
(function (native) {
  function escape(v) {
    return encodeURIComponent(typeof v === 'string' ? v : String(v));
  }

  // unescape decodes what it can; bytes that are no UTF-8 become U+FFFD.
  function unescape(s) {
    s = String(s);
    try {
      return decodeURIComponent(s);
    } catch (e) {
      const { Buffer } = native.module('buffer');
      return s.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replace(/%/g, ''), 'hex').toString());
    }
  }

  function primitive(v) {
    switch (typeof v) {
      case 'string': return v;
      case 'number': return isFinite(v) ? String(v) : '';
      case 'bigint': case 'boolean': return String(v);
    }
    return '';
  }

  function stringify(object, sep = '&', eq = '=', options) {
    if (object === null || typeof object !== 'object') return '';
    const encode = (options && options.encodeURIComponent) || querystring.escape;
    return Object.keys(object).flatMap((key) => {
      const values = Array.isArray(object[key]) ? object[key] : [object[key]];
      return values.map((v) => encode(key) + (eq || '=') + encode(primitive(v)));
    }).join(sep || '&');
  }

  function parse(text, sep = '&', eq = '=', options) {
    const out = Object.create(null);
    if (typeof text !== 'string' || text === '') return out;
    const decode = (options && options.decodeURIComponent) || querystring.unescape;
    const max = options && typeof options.maxKeys === 'number' ? options.maxKeys : 1000;
    let pairs = text.split(sep || '&').filter((pair) => pair !== '');
    if (max > 0) pairs = pairs.slice(0, max);
    for (const pair of pairs) {
      const at = pair.indexOf(eq || '=');
      const part = (s) => decode(s.replace(/\+/g, '%20'));
      const key = part(at < 0 ? pair : pair.slice(0, at));
      const value = at < 0 ? '' : part(pair.slice(at + (eq || '=').length));
      if (!(key in out)) out[key] = value;
      else if (Array.isArray(out[key])) out[key].push(value);
      else out[key] = [out[key], value];
    }
    return out;
  }

  const querystring = { escape, unescape, stringify, parse, encode: stringify, decode: parse };
  return querystring;
})
