// Deep copies. structuredClone refuses functions, as the HTML standard says; a
// lenient clone shares them, and so does what only Go can look into.
(function (native) {
  const refuse = (v) => {
    throw Object.assign(new Error(`${String(v)} could not be cloned.`), { name: 'DataCloneError', code: 25 });
  };

  const errors = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  // bytes copies a view of bytes. A structured clone of a Buffer is a Uint8Array.
  function bytes(v, lenient) {
    const { Buffer } = native.module('buffer');
    if (Buffer.isBuffer(v)) return lenient ? Buffer.from(v) : new Uint8Array(v);
    return v.slice ? v.slice() : new DataView(v.buffer.slice(0), v.byteOffset, v.byteLength);
  }

  function copy(v, lenient, done) {
    if (typeof v === 'function' || typeof v === 'symbol') return lenient ? v : refuse(v);
    if (typeof v !== 'object' || v === null) return v;
    if (done.has(v)) return done.get(v);
    const keep = (out) => { done.set(v, out); return out; };
    const deep = (x) => copy(x, lenient, done);
    const fill = (out) => {
      for (const key of Object.keys(v)) {
        const value = deep(v[key]);
        if (key === '__proto__') Object.defineProperty(out, key, { value, writable: true, enumerable: true, configurable: true });
        else out[key] = value;
      }
      return out;
    };
    switch (native.typeOf(v)) {
      case 'Array': {
        const out = keep(new Array(v.length));
        for (let i = 0; i < v.length; i++) if (i in v) out[i] = deep(v[i]);
        return out;
      }
      case 'Date': return keep(new Date(v.getTime()));
      case 'RegExp': return keep(new RegExp(v.source, v.flags));
      case 'Boolean': case 'Number': case 'String': return keep(Object(v.valueOf()));
      case 'map': {
        const out = keep(new Map());
        v.forEach((value, key) => out.set(deep(key), deep(value)));
        return out;
      }
      case 'set': {
        const out = keep(new Set());
        v.forEach((item) => out.add(deep(item)));
        return out;
      }
      case 'arraybuffer': return keep(v.slice(0));
      case 'Error': {
        const out = keep(new (errors[v.name] || Error)(v.message));
        out.stack = v.stack;
        if ('cause' in v) Object.defineProperty(out, 'cause', { value: deep(v.cause), writable: true, configurable: true });
        return lenient ? fill(out) : out;
      }
      case 'opaque': case 'promise': case 'proxy': case 'WeakMap': case 'WeakSet': case 'function':
        return lenient || native.typeOf(v) === 'opaque' ? v : refuse(v);
    }
    if (ArrayBuffer.isView(v)) return keep(bytes(v, lenient));
    const prototype = lenient ? Object.getPrototypeOf(v) : Object.prototype;
    return fill(keep(Object.create(prototype)));
  }

  return {
    structuredClone: (v) => copy(v, false, new Map()),
    clone: (v) => copy(v, true, new Map()),
  };
})
