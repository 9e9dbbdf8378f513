// RED.util as functions have it.
(function (native, Buffer, flow, global) {
  const invalid = (code, text) => Object.assign(new Error(text), { code });

  // resolve replaces nested parts, [msg.x], by their values.
  function resolve(parts, msg) {
    return parts.map((part) => {
      if (!Array.isArray(part)) return part;
      const v = follow(msg, resolve(part, msg));
      if (v === undefined) throw invalid('INVALID_EXPR', 'Invalid expression: undefined nested property');
      return v;
    });
  }

  function follow(object, parts) {
    return parts.reduce((o, part) => o[part], object);
  }

  function getObjectProperty(object, expr) {
    return follow(object, resolve(native.parsePath(expr), object));
  }

  function setObjectProperty(object, expr, value, createMissing) {
    if (createMissing === undefined) createMissing = value !== undefined;
    const parts = resolve(native.parsePath(expr), object);
    const last = parts.pop();
    for (let i = 0; i < parts.length; i++) {
      let next = object[parts[i]];
      if (next === undefined || next === null) {
        if (!createMissing) return false;
        const following = i + 1 < parts.length ? parts[i + 1] : last;
        next = object[parts[i]] = typeof following === 'number' ? [] : {};
      } else if (typeof next !== 'object') {
        return false;
      }
      object = next;
    }
    if (value !== undefined) object[last] = value;
    else if (Array.isArray(object)) object.splice(last, 1);
    else delete object[last];
    return true;
  }

  const withoutMsg = (expr) => (expr.startsWith('msg.') ? expr.slice(4) : expr);

  // cloneMessage shares req and res, as Node-RED does.
  function cloneMessage(msg) {
    if (typeof msg !== 'object' || msg === null) return msg;
    const { req, res, ...rest } = msg;
    const copy = native.clone(Array.isArray(msg) ? msg : rest);
    if (req !== undefined) copy.req = req;
    if (res !== undefined) copy.res = res;
    return copy;
  }

  function ensureString(v) {
    if (Buffer.isBuffer(v)) return v.toString();
    return typeof v === 'object' && v !== null ? JSON.stringify(v) : '' + v;
  }

  function compareObjects(a, b) {
    if (a === b) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    if (Buffer.isBuffer(a) || Buffer.isBuffer(b)) return Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b);
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length &&
      keys.every((k) => Object.prototype.hasOwnProperty.call(b, k) && compareObjects(a[k], b[k]));
  }

  function parseContextStore(key) {
    const m = /^#:\((\S+?)\)::(.*)$/s.exec(key);
    return m ? { store: m[1], key: m[2] } : { key };
  }

  function contextValue(scope, expr, msg) {
    const { store, key } = parseContextStore(expr);
    const parts = resolve(native.parsePath(key), msg || {});
    return scope.get(parts.map((p) => (typeof p === 'number' ? `[${p}]` : `["${p}"]`)).join(''), store);
  }

  function evaluate(value, type, msg) {
    switch (type) {
      case 'str': return '' + value;
      case 'num': return Number(value);
      case 'bool': return /^true$/i.test(value);
      case 'json': return JSON.parse(value);
      case 're': return new RegExp(value);
      case 'bin': {
        const data = JSON.parse(value);
        if (Array.isArray(data) || typeof data === 'string') return Buffer.from(data);
        throw invalid('INVALID_BUFFER_DATA', 'Invalid buffer data');
      }
      case 'msg': return getObjectProperty(msg, withoutMsg(value));
      case 'flow': return contextValue(flow, value, msg);
      case 'global': return contextValue(global, value, msg);
      case 'date':
      case 'env':
      case 'jsonata': return native.evaluate(value, type, msg || {});
    }
    return value;
  }

  // later answers to a callback if there is one, and else as a function does.
  function later(callback, f) {
    if (!callback) return f();
    let result;
    try { result = f(); } catch (e) { return callback(e); }
    callback(null, result);
  }

  function typeName(name) {
    const [first = '', ...rest] = name.split(/[^a-zA-Z0-9]+/).filter(Boolean);
    return first.charAt(0).toLowerCase() + first.slice(1) + rest.map((w) => w.charAt(0).toUpperCase() + w.slice(1)).join('');
  }

  function encodeObject(msg) {
    const v = msg.msg;
    if (v instanceof Error) Object.assign(msg, { format: 'error', msg: JSON.stringify({ name: v.name, message: String(v) }) });
    else if (Buffer.isBuffer(v)) Object.assign(msg, { format: `buffer[${v.length}]`, msg: v.toString('hex') });
    else if (Array.isArray(v)) Object.assign(msg, { format: `array[${v.length}]`, msg: JSON.stringify(v) });
    else if (v === undefined || v === null) Object.assign(msg, { format: v === null ? 'null' : 'undefined', msg: String(v) });
    else if (typeof v === 'object') Object.assign(msg, { format: 'Object', msg: JSON.stringify(v) });
    else if (typeof v === 'string') Object.assign(msg, { format: `string[${v.length}]` });
    else Object.assign(msg, { format: typeof v, msg: String(v) });
    return msg;
  }

  return {
    util: {
      cloneMessage, ensureString, compareObjects, parseContextStore, getObjectProperty, setObjectProperty, encodeObject,
      generateId: () => native.generateId(),
      ensureBuffer: (v) => (Buffer.isBuffer(v) ? v : Buffer.from(ensureString(v))),
      getMessageProperty: (msg, expr) => getObjectProperty(msg, withoutMsg(expr)),
      setMessageProperty: (msg, expr, value, create) => setObjectProperty(msg, withoutMsg(expr), value, create),
      normalisePropertyExpression: (expr, msg) => {
        const parts = native.parsePath(expr);
        return msg ? resolve(parts, msg) : parts;
      },
      evaluateNodeProperty: (value, type, node, msg, callback) => later(callback, () => evaluate(value, type, msg)),
      prepareJSONataExpression: (value) => ({ expression: value }),
      evaluateJSONataExpression: (expr, msg, callback) => later(callback, () => evaluate(expr.expression, 'jsonata', msg)),
      normaliseNodeTypeName: typeName,
      getSetting() {}, // env.get is for functions
    },
  };
})
