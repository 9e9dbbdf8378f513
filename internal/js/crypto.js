// The part of Node.js's crypto module that hashes and makes random values.
(function (native) {
  const { Buffer } = native.module('buffer');

  function fail(Type, code, text) {
    const e = new Type(text);
    e.code = code;
    throw e;
  }

  function bytes(v, encoding, name) {
    if (typeof v === 'string') return Buffer.from(v, encoding === 'buffer' ? undefined : encoding);
    if (ArrayBuffer.isView(v)) return Buffer.from(v.buffer, v.byteOffset, v.byteLength);
    if (v instanceof ArrayBuffer) return Buffer.from(v);
    fail(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be of type string or an instance of Buffer, TypedArray, or DataView.`);
  }

  const encoded = (b, encoding) => (encoding === undefined || encoding === 'buffer' ? b : b.toString(encoding));

  // Digest is a Hash, or an Hmac if it has a key. It hashes when it is asked.
  class Digest {
    #algorithm; #key; #chunks; #done = false;
    constructor(algorithm, key, chunks = []) {
      this.#algorithm = String(algorithm);
      this.#key = key;
      this.#chunks = chunks;
      if (native.digest(this.#algorithm, Buffer.alloc(0), key) === undefined) {
        if (key === undefined) throw new Error('Digest method not supported');
        fail(Error, 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest: ' + algorithm);
      }
    }
    update(data, encoding) {
      if (this.#done) fail(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
      this.#chunks.push(Buffer.from(bytes(data, encoding, 'data')).slice());
      return this;
    }
    digest(encoding) {
      if (this.#done) fail(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
      this.#done = true;
      return encoded(Buffer.from(native.digest(this.#algorithm, Buffer.concat(this.#chunks), this.#key)), encoding);
    }
    copy() {
      if (this.#done) fail(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
      return new Digest(this.#algorithm, this.#key, this.#chunks.slice());
    }
  }

  function randomBytes(size, callback) {
    if (typeof size !== 'number') fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "size" argument must be of type number.');
    if (!(size >= 0 && size <= 0x7fffffff)) {
      fail(RangeError, 'ERR_OUT_OF_RANGE', `The value of "size" is out of range. It must be >= 0 && <= 2147483647. Received ${size}`);
    }
    const b = Buffer.from(native.random(Math.trunc(size)));
    if (callback === undefined) return b;
    queueMicrotask(() => callback(null, b));
  }

  function randomInt(min, max) {
    if (max === undefined) [min, max] = [0, min];
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || max <= min || max - min > 2 ** 48 - 1) {
      fail(RangeError, 'ERR_OUT_OF_RANGE', 'The value of "max" is out of range.');
    }
    const range = max - min;
    const limit = 2 ** 48 - (2 ** 48 % range);
    for (;;) {
      const n = randomBytes(6).readUIntBE(0, 6);
      if (n < limit) return min + (n % range);
    }
  }

  function randomUUID() {
    const b = randomBytes(16);
    b[6] = (b[6] & 0x0f) | 0x40; // version 4, RFC 9562
    b[8] = (b[8] & 0x3f) | 0x80;
    return b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  function timingSafeEqual(a, b) {
    [a, b] = [bytes(a, undefined, 'buf1'), bytes(b, undefined, 'buf2')];
    if (a.length !== b.length) {
      fail(RangeError, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length');
    }
    return native.equalInConstantTime(a, b);
  }

  return {
    createHash: (algorithm) => new Digest(algorithm),
    createHmac: (algorithm, key) => new Digest(algorithm, Buffer.from(bytes(key, 'utf8', 'key')).slice()),
    hash: (algorithm, data, encoding = 'hex') => new Digest(algorithm).update(data).digest(encoding),
    getHashes: () => ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
    randomBytes, randomInt, randomUUID, timingSafeEqual,
  };
})
