// The parts of Node.js's util module that functions use.
(function (native) {
  const plainKey = /^[A-Za-z_$][\w$]*$/;

  function quote(s) {
    const q = !s.includes("'") ? "'" : !s.includes('"') ? '"' : !s.includes('`') ? '`' : "'";
    const escaped = s.replace(/[\0-\x1f\\]/g, (c) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f', '\\': '\\\\' })[c] ||
      '\\x' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));
    return q + (q === "'" ? escaped.replace(/'/g, "\\'") : escaped) + q;
  }

  // layout puts the parts on one line if they are short, else one a line.
  function layout(prefix, open, parts, close, indent) {
    if (parts.length === 0) return prefix + open + close;
    const length = parts.reduce((n, p) => n + p.length + 2, prefix.length);
    if (length <= 72 && !parts.some((p) => p.includes('\n'))) return prefix + open + ' ' + parts.join(', ') + ' ' + close;
    const pad = '\n' + ' '.repeat(indent + 2);
    return prefix + open + pad + parts.join(',' + pad) + '\n' + ' '.repeat(indent) + close;
  }

  function show(v, depth, max, indent, seen) {
    switch (typeof v) {
      case 'string': return quote(v);
      case 'bigint': return v + 'n';
      case 'number': return Object.is(v, -0) ? '-0' : String(v);
      case 'symbol': case 'undefined': case 'boolean': return String(v);
      case 'function': return /^class\b/.test(Function.prototype.toString.call(v)) ? `[class ${v.name || '(anonymous)'}]`
        : v.name ? `[Function: ${v.name}]` : '[Function (anonymous)]';
    }
    if (v === null) return 'null';
    if (seen.includes(v)) return '[Circular *1]';
    const kind = native.typeOf(v);
    if (kind === 'Error') {
      const text = v.stack || String(v);
      return depth > 0 ? '[' + text.replace(/\n/g, '\n' + ' '.repeat(indent)).trimEnd() + ']' : text.trimEnd();
    }
    if (kind === 'Date') return Number.isNaN(v.getTime()) ? 'Invalid Date' : v.toISOString();
    if (kind === 'RegExp') return String(v);
    if (kind === 'promise') return 'Promise { <pending> }';
    if (native.isBytes(v) && typeof v.inspect === 'function') return v.inspect();
    const proto = Object.getPrototypeOf(v);
    const name = proto === null ? '[Object: null prototype]' : (v.constructor && v.constructor.name) || 'Object';
    const list = Array.isArray(v) || kind === 'typedarray' || native.isBytes(v);
    if (depth > max) return list ? `[${name}]` : `[${name}]`;
    const inner = (x) => show(x, depth + 1, max, indent + 2, seen.concat([v]));
    const property = (k) => {
      const d = Object.getOwnPropertyDescriptor(v, k);
      const key = typeof k === 'symbol' ? `[${String(k)}]` : plainKey.test(k) ? k : quote(k);
      if (d && d.get) return key + ': ' + (d.set ? '[Getter/Setter]' : '[Getter]');
      return key + ': ' + inner(v[k]);
    };
    if (list) {
      const parts = [];
      for (let i = 0; i < v.length && i < 100; i++) parts.push(i in v ? inner(v[i]) : '<1 empty item>');
      if (v.length > 100) parts.push(`... ${v.length - 100} more item${v.length > 101 ? 's' : ''}`);
      if (Array.isArray(v)) for (const k of Object.keys(v)) if (!/^\d+$/.test(k)) parts.push(property(k));
      return layout(name === 'Array' ? '' : `${name}(${v.length}) `, '[', parts, ']', indent);
    }
    if (kind === 'map') {
      return layout(`Map(${v.size}) `, '{', Array.from(v, ([k, x]) => inner(k) + ' => ' + inner(x)), '}', indent);
    }
    if (kind === 'set') return layout(`Set(${v.size}) `, '{', Array.from(v, inner), '}', indent);
    return layout(name === 'Object' ? '' : name + ' ', '{', Reflect.ownKeys(v)
      .filter((k) => Object.prototype.propertyIsEnumerable.call(v, k)).map(property), '}', indent);
  }

  function inspect(v, options) {
    let depth = 2;
    if (typeof options === 'object' && options !== null && options.depth !== undefined) {
      depth = options.depth === null ? Infinity : options.depth;
    }
    return show(v, 0, depth, 0, []);
  }

  const text = (v) => (typeof v === 'string' ? v : inspect(v));

  function format(first, ...rest) {
    if (typeof first !== 'string') return [first, ...rest].map(text).join(' ');
    let i = 0;
    const head = first.replace(/%([sdifjoOc%])/g, (all, kind) => {
      if (kind === '%') return '%';
      if (i >= rest.length) return all;
      const v = rest[i++];
      switch (kind) {
        case 's': return typeof v === 'object' && v !== null ? inspect(v, { depth: 0 }) : String(v);
        case 'd': return typeof v === 'object' ? 'NaN' : String(Number(v));
        case 'i': return typeof v === 'object' ? 'NaN' : String(parseInt(v, 10));
        case 'f': return String(parseFloat(v));
        case 'j': try { return JSON.stringify(v); } catch (e) { return '[Circular]'; }
        case 'o': case 'O': return inspect(v, { depth: 4 });
      }
      return '';
    });
    return [head, ...rest.slice(i).map(text)].join(' ');
  }

  function promisify(f) {
    if (typeof f !== 'function') {
      throw new TypeError('The "original" argument must be of type function. Received ' + inspect(f));
    }
    if (f[promisify.custom]) return f[promisify.custom];
    if (f === globalThis.setTimeout) return (delay, value) => new Promise((resolve) => setTimeout(resolve, delay, value));
    return function (...args) {
      return new Promise((resolve, reject) => {
        f.call(this, ...args, (err, value) => (err ? reject(err) : resolve(value)));
      });
    };
  }
  promisify.custom = Symbol.for('nodejs.util.promisify.custom');

  function callbackify(f) {
    return function (...args) {
      const done = args.pop();
      f.apply(this, args).then((v) => done(null, v), (e) => done(e || new Error('Promise was rejected with a falsy value')));
    };
  }

  function isDeepStrictEqual(a, b) {
    if (Object.is(a, b)) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    if (native.typeOf(a) === 'Date') return a.getTime() === b.getTime();
    if (native.typeOf(a) === 'RegExp') return String(a) === String(b);
    if (native.typeOf(a) === 'map' || native.typeOf(a) === 'set') return isDeepStrictEqual([...a], [...b]);
    if (native.typeOf(a) === 'Error' && (a.name !== b.name || a.message !== b.message)) return false;
    if (native.isBytes(a) && native.isBytes(b)) return native.compare(a, b) === 0;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((k) => k in b && isDeepStrictEqual(a[k], b[k]));
  }

  const kindIs = (kind) => (v) => native.typeOf(v) === kind;
  const types = {
    isDate: kindIs('Date'), isRegExp: kindIs('RegExp'), isNativeError: kindIs('Error'), isMap: kindIs('map'),
    isSet: kindIs('set'), isPromise: kindIs('promise'), isProxy: kindIs('proxy'), isArrayBuffer: kindIs('arraybuffer'),
    isUint8Array: (v) => native.isBytes(v), isTypedArray: (v) => ArrayBuffer.isView(v) && !(v instanceof DataView),
    isAsyncFunction: (v) => typeof v === 'function' && /^async\b/.test(Function.prototype.toString.call(v)),
  };

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(s = '') { return new Uint8Array(native.encode(String(s), 'utf8')); }
  }
  class TextDecoder {
    #encoding;
    constructor(encoding = 'utf-8') {
      this.#encoding = String(encoding).toLowerCase();
      if (native.encode('', this.#encoding) === undefined) {
        throw new RangeError(`The "${encoding}" encoding is not supported`);
      }
    }
    get encoding() { return this.#encoding === 'utf8' ? 'utf-8' : this.#encoding; }
    decode(bytes = new Uint8Array(0)) {
      if (bytes instanceof ArrayBuffer) bytes = new Uint8Array(bytes);
      else if (!native.isBytes(bytes)) bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return native.decode(bytes, this.#encoding).replace(/^\ufeff/, '');
    }
  }

  return {
    inspect, format, promisify, callbackify, isDeepStrictEqual, types, TextEncoder, TextDecoder,
    inherits(child, parent) { Object.setPrototypeOf(child.prototype, parent.prototype); child.super_ = parent; },
    deprecate: (f) => f,
    isArray: Array.isArray, isBuffer: (v) => native.module('buffer').Buffer.isBuffer(v),
  };
})
