// Node.js's Buffer, on top of Uint8Array. What goes over all bytes is done by
// Uint8Array's own methods or by native ones, which encode and decode text too.
(function (native) {
  const { set } = Uint8Array.prototype;
  const maxLength = 2 ** 32;
  const twoBytes = /^(ucs-?2|utf-?16le)$/i;

  function fail(Type, code, text) {
    const e = new Type(text);
    e.code = code;
    throw e;
  }

  const inspect = (v) => native.module('util').inspect(v);

  function describe(v) {
    if (v === null || v === undefined) return String(v);
    if (typeof v === 'function') return 'function ' + v.name;
    if (typeof v === 'object') return v.constructor && v.constructor.name ? 'an instance of ' + v.constructor.name : inspect(v);
    const text = inspect(v);
    return 'type ' + typeof v + ' (' + (text.length > 28 ? text.slice(0, 25) + '...' : text) + ')';
  }

  function wrongType(name, wanted, v) {
    fail(TypeError, 'ERR_INVALID_ARG_TYPE', `The ${name} must be ${wanted}. Received ${describe(v)}`);
  }

  function outOfRange(name, wanted, v) {
    const digits = Number.isInteger(v) && Math.abs(v) > 2 ** 32 ? String(v).replace(/\B(?=(\d{3})+$)/g, '_') : String(v);
    fail(RangeError, 'ERR_OUT_OF_RANGE', `The value of "${name}" is out of range. It must be ${wanted}. Received ${digits}`);
  }

  // checkNumber and checkOffset refuse what is no number, or none up to high.
  function checkNumber(v, name, high) {
    if (typeof v !== 'number') wrongType(`"${name}" argument`, 'of type number', v);
    if (!(v >= 0 && v <= high)) outOfRange(name, `>= 0 && <= ${high}`, v);
  }

  function checkOffset(v, name, high = maxLength) {
    if (typeof v === 'number' && !Number.isInteger(v)) outOfRange(name, 'an integer', v);
    checkNumber(v, name, high);
  }

  function checkBytes(v, name) {
    if (!native.isBytes(v)) wrongType(`"${name}" argument`, 'an instance of Buffer or Uint8Array', v);
  }

  function wrap(arrayBuffer, offset, length) {
    return Object.setPrototypeOf(new Uint8Array(arrayBuffer, offset, length), Buffer.prototype);
  }

  function encode(text, encoding) {
    const bytes = native.encode(text, encoding === undefined || encoding === null ? 'utf8' : String(encoding));
    if (bytes === undefined) fail(TypeError, 'ERR_UNKNOWN_ENCODING', 'Unknown encoding: ' + encoding);
    return wrap(bytes);
  }

  function Buffer(value, second, third) {
    if (typeof value === 'number') return Buffer.alloc(value);
    return Buffer.from(value, second, third);
  }
  Object.setPrototypeOf(Buffer, Uint8Array);
  Buffer.prototype = Object.create(Uint8Array.prototype, {
    constructor: { value: Buffer, writable: true, configurable: true },
  });

  function define(target, methods) {
    for (const name of Object.keys(methods)) {
      Object.defineProperty(target, name, { value: methods[name], writable: true, configurable: true });
    }
  }

  // fromList returns a Buffer of the numbers in an array or what is like one.
  function fromList(list) {
    if (!(list.length > 0)) return wrap(new ArrayBuffer(0));
    const out = wrap(new ArrayBuffer(list.length));
    set.call(out, list);
    return out;
  }

  function fromArrayBuffer(value, offset, length) {
    offset = +offset || 0;
    const rest = value.byteLength - offset;
    if (rest < 0) fail(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', '"offset" is outside of buffer bounds');
    length = length === undefined ? rest : Math.max(+length || 0, 0);
    if (length > rest) fail(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', '"length" is outside of buffer bounds');
    return wrap(value, offset, length);
  }

  define(Buffer, {
    from(value, second, third) {
      if (typeof value === 'string') return encode(value, typeof second === 'string' && second || 'utf8');
      if (typeof value === 'object' && value !== null) {
        if (value instanceof ArrayBuffer) return fromArrayBuffer(value, second, third);
        const own = value.valueOf && value.valueOf();
        if (own !== value && (typeof own === 'string' || typeof own === 'object' && own !== null)) return Buffer.from(own, second, third);
        if (value.length !== undefined || value.buffer instanceof ArrayBuffer) {
          return fromList(typeof value.length === 'number' ? value : []);
        }
        if (value.type === 'Buffer' && Array.isArray(value.data)) return fromList(value.data);
        if (typeof value[Symbol.toPrimitive] === 'function') {
          const text = value[Symbol.toPrimitive]('string');
          if (typeof text === 'string') return Buffer.from(text, second);
        }
      }
      wrongType('first argument', 'of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object', value);
    },
    of(...items) { return Buffer.from(items); },
    alloc(size, fill, encoding) {
      checkNumber(size, 'size', maxLength);
      const out = wrap(new ArrayBuffer(Math.trunc(size)));
      return fill === undefined || out.length === 0 ? out : out.fill(fill, 0, out.length, encoding);
    },
    allocUnsafe(size) { return Buffer.alloc(size); },
    allocUnsafeSlow(size) { return Buffer.alloc(size); },
    isBuffer(v) { return v instanceof Buffer; },
    isEncoding(name) { return typeof name === 'string' && name !== '' && native.encode('', name) !== undefined; },
    byteLength(v, encoding) {
      if (typeof v === 'string') return encode(v, encoding).length;
      return v.byteLength;
    },
    concat(list, total) {
      if (!Array.isArray(list)) wrongType('"list" argument', 'an instance of Array', list);
      list.forEach((b, i) => checkBytes(b, `list[${i}]`));
      if (total === undefined) total = list.reduce((n, b) => n + b.length, 0);
      checkOffset(total, 'length');
      const out = Buffer.alloc(total);
      let at = 0;
      for (const b of list) {
        if (at >= total) break;
        out.set(b.length > total - at ? b.subarray(0, total - at) : b, at);
        at += b.length;
      }
      return out;
    },
    compare(a, b) {
      checkBytes(a, 'buf1'), checkBytes(b, 'buf2');
      return native.compare(a, b);
    },
    poolSize: 8192,
  });

  function position(v, length, otherwise) {
    if (v === undefined) return otherwise;
    v = Math.trunc(Number(v)) || 0;
    return Math.min(Math.max(v < 0 ? v + length : v, 0), length);
  }

  function limit(v, length, otherwise) {
    if (v === undefined) return otherwise;
    return Math.min(Math.max(Math.trunc(Number(v)) || 0, 0), length);
  }

  // search finds value in buf: the first at or after an offset or, backward, the
  // last at or before it. In two-byte encodings it finds whole units only.
  function search(buf, value, offset, encoding, forward) {
    if (typeof offset === 'string') { encoding = offset; offset = undefined; }
    const step = twoBytes.test(encoding) && typeof value !== 'number' ? 2 : 1;
    let want = value;
    if (typeof value === 'number') want = Uint8Array.of(value);
    else if (typeof value === 'string') want = encode(value, encoding === null ? 'null' : encoding);
    else if (!native.isBytes(value)) wrongType('"value" argument', 'one of type number or string or an instance of Buffer or Uint8Array', value);
    const length = buf.length - buf.length % step, last = length - want.length;
    let from = Math.trunc(offset);
    if (Number.isNaN(from)) from = forward ? 0 : length;
    if (from < 0) from += length;
    if (from < 0 && !forward && want.length > 0) return -1;
    from = Math.max(from, 0);
    if (want.length === 0) return Math.min(from, length);
    if (last < 0 || want.length < step || forward && from > last) return -1;
    from = Math.min(from, last);
    return native.search(buf, want, from - from % step, forward, step);
  }

  function swap(buf, size) {
    if (buf.length % size) fail(RangeError, 'ERR_INVALID_BUFFER_SIZE', 'Buffer size must be a multiple of ' + size * 8 + '-bits');
    native.swap(buf, size);
    return buf;
  }

  define(Buffer.prototype, {
    toString(encoding = 'utf8', start, end) {
      const from = limit(start, this.length, 0), to = limit(end, this.length, this.length);
      if (from >= to) return '';
      const part = from === 0 && to === this.length ? this : this.subarray(from, to);
      const text = native.decode(part, String(encoding));
      if (text === undefined) fail(TypeError, 'ERR_UNKNOWN_ENCODING', 'Unknown encoding: ' + encoding);
      return text;
    },
    toJSON() { return { type: 'Buffer', data: native.numbers(this) }; },
    write(text, offset, length, encoding) {
      if (offset === undefined) encoding = length = undefined; // Node.js reads no further
      else if (typeof offset === 'string' && length === undefined) { encoding = offset; offset = undefined; }
      if (typeof length === 'string') { encoding = length; length = undefined; }
      if (offset !== undefined) checkOffset(offset, 'offset', this.length);
      if (length !== undefined) checkOffset(length, 'length', this.length);
      if (typeof text !== 'string') fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a string');
      const at = offset || 0, bytes = encode(text, encoding || 'utf8');
      let n = Math.min(bytes.length, this.length - at, length === undefined ? Infinity : length);
      // Half characters are not written.
      if (twoBytes.test(encoding)) n -= n % 2;
      else if (!encoding || /^utf-?8$/i.test(encoding)) while (n > 0 && n < bytes.length && (bytes[n] & 0xc0) === 0x80) n--;
      this.set(bytes.subarray(0, n), at);
      return n;
    },
    subarray(start, end) {
      const from = position(start, this.length, 0), to = position(end, this.length, this.length);
      return wrap(this.buffer, this.byteOffset + from, Math.max(to - from, 0));
    },
    slice(start, end) { return this.subarray(start, end); },
    fill(value, offset, end, encoding) {
      const text = typeof value === 'string';
      if (text && (offset === undefined || typeof offset === 'string')) { encoding = offset; offset = undefined; }
      if (text && typeof end === 'string') { encoding = end; end = undefined; }
      if (text && encoding && typeof encoding !== 'string') wrongType('"encoding" argument', 'of type string', encoding);
      let pattern = text ? encode(value, encoding || 'utf8') : value;
      if (offset === undefined) { offset = 0; end = this.length; }
      checkOffset(offset, 'offset');
      if (end === undefined) end = this.length;
      checkOffset(end, 'end', this.length);
      if (offset >= end) return this;
      if (ArrayBuffer.isView(value)) pattern = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      else if (!text || value === '') pattern = Uint8Array.of(value);
      if (pattern.length === 0) fail(TypeError, 'ERR_INVALID_ARG_VALUE', `The argument 'value' is invalid. Received ${inspect(value)}`);
      native.fill(this.subarray(offset, end), pattern);
      return this;
    },
    equals(other) {
      checkBytes(other, 'otherBuffer');
      return native.compare(this, other) === 0;
    },
    compare(target, targetStart = 0, targetEnd, start = 0, end) {
      checkBytes(target, 'target');
      checkOffset(targetStart, 'targetStart');
      if (targetEnd === undefined) targetEnd = target.length;
      checkOffset(targetEnd, 'targetEnd', target.length);
      checkOffset(start, 'sourceStart');
      if (end === undefined) end = this.length;
      checkOffset(end, 'sourceEnd', this.length);
      return native.compare(this.subarray(start, end), target.subarray(targetStart, targetEnd));
    },
    indexOf(value, offset, encoding) { return search(this, value, offset, encoding, true); },
    lastIndexOf(value, offset, encoding) { return search(this, value, offset, encoding, false); },
    includes(value, offset, encoding) { return search(this, value, offset, encoding, true) >= 0; },
    copy(target, targetStart = 0, start = 0, end = this.length) {
      const n = Math.max(Math.min(end - start, target.length - targetStart, this.length - start), 0);
      if (n > 0) target.set(Uint8Array.prototype.subarray.call(this, start, start + n), targetStart);
      return n;
    },
    swap16() { return swap(this, 2); },
    swap32() { return swap(this, 4); },
    swap64() { return swap(this, 8); },
    inspect() {
      const hex = this.toString('hex', 0, 50).replace(/(.{2})(?=.)/g, '$1 ');
      const more = this.length - 50;
      return '<Buffer ' + hex + (more > 0 ? ' ... ' + more + ' more byte' + (more > 1 ? 's' : '') : '') + '>';
    },
    toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); },
  });
  Object.defineProperty(Buffer.prototype, 'parent', { get() { return this.buffer; }, configurable: true });

  function check(buf, offset, size) {
    if (typeof offset !== 'number') {
      fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "offset" argument must be of type number. Received ' + describe(offset));
    }
    const last = buf.length - size;
    if (last < 0) fail(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', 'Attempt to access memory outside buffer bounds');
    if (!Number.isInteger(offset) || offset < 0 || offset > last) {
      fail(RangeError, 'ERR_OUT_OF_RANGE', 'The value of "offset" is out of range. It must be ' +
        (Number.isInteger(offset) ? '>= 0 and <= ' + last : 'an integer') + '. Received ' + offset);
    }
    return new DataView(buf.buffer, buf.byteOffset, buf.length);
  }

  function range(value, low, high) {
    if (!(value >= low && value <= high)) {
      fail(RangeError, 'ERR_OUT_OF_RANGE', 'The value of "value" is out of range. It must be >= ' +
        low + ' and <= ' + high + '. Received ' + value);
    }
  }

  function methods(name, read, write) {
    const all = { ['read' + name]: read, ['write' + name]: write };
    const short = name.replace('UInt', 'Uint');
    if (short !== name) { all['read' + short] = read; all['write' + short] = write; }
    define(Buffer.prototype, all);
  }

  // Name in Buffer, name in DataView, bytes, lowest and highest value.
  const kinds = [
    ['Int8', 'Int8', 1, -128, 127], ['UInt8', 'Uint8', 1, 0, 255],
    ['Int16', 'Int16', 2, -32768, 32767], ['UInt16', 'Uint16', 2, 0, 65535],
    ['Int32', 'Int32', 4, -2147483648, 2147483647], ['UInt32', 'Uint32', 4, 0, 4294967295],
    ['BigInt64', 'BigInt64', 8, -(2n ** 63n), 2n ** 63n - 1n], ['BigUInt64', 'BigUint64', 8, 0n, 2n ** 64n - 1n],
    ['Float', 'Float32', 4], ['Double', 'Float64', 8],
  ];
  for (const [name, view, size, low, high] of kinds) {
    for (const order of size === 1 ? [''] : ['LE', 'BE']) {
      methods(name + order,
        function (offset = 0) { return check(this, offset, size)['get' + view](offset, order === 'LE'); },
        function (value, offset = 0) {
          if (low !== undefined) {
            if (typeof low === 'number') value = Number(value);
            range(value, low, high);
          }
          check(this, offset, size)['set' + view](offset, value, order === 'LE');
          return offset + size;
        });
    }
  }

  // Integers of 1 to 6 bytes. Arithmetic instead of shifts: they have up to 48 bits.
  for (const signed of [false, true]) {
    for (const order of ['LE', 'BE']) {
      const at = (offset, size, i) => offset + (order === 'LE' ? i : size - 1 - i);
      const bytes = (size) => {
        if (!(size >= 1 && size <= 6)) {
          fail(RangeError, 'ERR_OUT_OF_RANGE', 'The value of "byteLength" is out of range. It must be >= 1 and <= 6. Received ' + size);
        }
      };
      methods((signed ? 'Int' : 'UInt') + order,
        function (offset, size) {
          bytes(size);
          check(this, offset, size);
          let v = 0;
          for (let i = size - 1; i >= 0; i--) v = v * 256 + this[at(offset, size, i)];
          return signed && v >= 2 ** (8 * size - 1) ? v - 2 ** (8 * size) : v;
        },
        function (value, offset, size) {
          bytes(size);
          value = Number(value);
          range(value, signed ? -(2 ** (8 * size - 1)) : 0, 2 ** (8 * size - (signed ? 1 : 0)) - 1);
          check(this, offset, size);
          let v = Math.trunc(value);
          if (v < 0) v += 2 ** (8 * size);
          for (let i = 0; i < size; i++) {
            this[at(offset, size, i)] = v % 256;
            v = Math.floor(v / 256);
          }
          return offset + size;
        });
    }
  }

  function atob(text) {
    const clean = String(text).replace(/[\t\n\f\r ]/g, '');
    if (/[^A-Za-z0-9+/=]|=[^=]|={3}/.test(clean) || clean.replace(/=+$/, '').length % 4 === 1) {
      const e = new Error('The string to be decoded is not correctly encoded.');
      e.name = 'InvalidCharacterError';
      throw e;
    }
    return Buffer.from(clean, 'base64').toString('latin1');
  }

  function btoa(text) {
    text = String(text);
    if (/[^\0-\xff]/.test(text)) {
      const e = new Error('Invalid character');
      e.name = 'InvalidCharacterError';
      throw e;
    }
    return Buffer.from(text, 'latin1').toString('base64');
  }

  return { Buffer, atob, btoa, kMaxLength: maxLength, constants: { MAX_LENGTH: maxLength } };
})
