// Node.js's assert module.
(function (native) {
  const { inspect, isDeepStrictEqual } = native.module('util');

  class AssertionError extends Error {
    constructor({ message, actual, expected, operator, generated = false }) {
      super(message);
      this.code = 'ERR_ASSERTION';
      this.generatedMessage = generated;
      Object.assign(this, { actual, expected, operator });
    }
  }
  Object.defineProperty(AssertionError.prototype, 'name', { value: 'AssertionError', writable: true, configurable: true });

  function fail(message, text, actual, expected, operator) {
    if (message instanceof Error) throw message;
    throw new AssertionError({ message: message === undefined ? text : message, actual, expected, operator, generated: message === undefined });
  }

  function ok(value, message) {
    if (!value) fail(message, 'The expression evaluated to a falsy value: ' + inspect(value), value, true, '==');
  }

  // looseEqual is deepEqual's rule: == for primitives, and NaN equals NaN.
  function looseEqual(a, b) {
    const object = (v) => typeof v === 'object' && v !== null;
    if (!object(a) && !object(b)) return a == b || (a !== a && b !== b);
    if (!object(a) || !object(b)) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    for (const type of [Date, RegExp, Map, Set, Error]) if (a instanceof type || b instanceof type) return isDeepStrictEqual(a, b);
    if (native.isBytes(a) && native.isBytes(b)) return native.compare(a, b) === 0;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length &&
      keys.every((k) => Object.prototype.hasOwnProperty.call(b, k) && looseEqual(a[k], b[k]));
  }

  // comparison makes an assertion of a test for two values.
  function comparison(operator, holds, text) {
    return (actual, expected, message) => {
      if (!holds(actual, expected)) fail(message, `${text}\n\n${inspect(actual)}\n\n${inspect(expected)}\n`, actual, expected, operator);
    };
  }

  // matches tells whether an error is what the caller of throws expects.
  function matches(error, expected) {
    if (expected === undefined || typeof expected === 'string') return true;
    if (expected instanceof RegExp) return expected.test(String(error));
    if (typeof expected === 'function') {
      if (expected === Error || Error.isPrototypeOf(expected)) return error instanceof expected;
      return expected.call({}, error) === true;
    }
    return Object.keys(expected).every((k) => (expected[k] instanceof RegExp && typeof error[k] === 'string'
      ? expected[k].test(error[k]) : isDeepStrictEqual(error[k], expected[k])));
  }

  function expectError(outcome, expected, message, operator) {
    if (typeof expected === 'string') message = expected;
    if (!outcome.failed) fail(message, operator === 'rejects' ? 'Missing expected rejection.' : 'Missing expected exception.', undefined, expected, operator);
    if (matches(outcome.error, expected)) return;
    if (typeof expected === 'function' && !(message instanceof Error) && Error.isPrototypeOf(expected)) throw outcome.error;
    fail(message, 'The error does not match what is expected: ' + inspect(outcome.error), outcome.error, expected, operator);
  }

  function run(f) {
    if (typeof f !== 'function') throw new TypeError('The "fn" argument must be of type function. Received ' + inspect(f));
    try { f(); } catch (error) { return { failed: true, error }; }
    return { failed: false };
  }

  async function wait(p) {
    try { await (typeof p === 'function' ? p() : p); } catch (error) { return { failed: true, error }; }
    return { failed: false };
  }

  function unwanted(outcome, message, operator) {
    if (typeof message === 'function' || message instanceof RegExp) message = undefined;
    if (!outcome.failed) return;
    const what = operator === 'doesNotReject' ? 'rejection' : 'exception';
    fail(message, `Got unwanted ${what}.\nActual message: "${outcome.error && outcome.error.message}"`, outcome.error, undefined, operator);
  }

  const assert = (value, message) => ok(value, message);
  Object.assign(assert, {
    ok, AssertionError,
    equal: comparison('==', (a, b) => a == b || (a !== a && b !== b), 'Expected values to be loosely equal:'),
    notEqual: comparison('!=', (a, b) => !(a == b || (a !== a && b !== b)), 'Expected values to be loosely unequal:'),
    strictEqual: comparison('strictEqual', Object.is, 'Expected values to be strictly equal:'),
    notStrictEqual: comparison('notStrictEqual', (a, b) => !Object.is(a, b), 'Expected values to be strictly unequal:'),
    deepEqual: comparison('deepEqual', looseEqual, 'Expected values to be loosely deep-equal:'),
    notDeepEqual: comparison('notDeepEqual', (a, b) => !looseEqual(a, b), 'Expected values not to be loosely deep-equal:'),
    deepStrictEqual: comparison('deepStrictEqual', isDeepStrictEqual, 'Expected values to be strictly deep-equal:'),
    notDeepStrictEqual: comparison('notDeepStrictEqual', (a, b) => !isDeepStrictEqual(a, b), 'Expected values not to be strictly deep-equal:'),
    match: comparison('match', (s, re) => typeof s === 'string' && re.test(s), 'The input did not match the regular expression:'),
    doesNotMatch: comparison('doesNotMatch', (s, re) => typeof s === 'string' && !re.test(s), 'The input was expected to not match the regular expression:'),
    throws: (f, expected, message) => expectError(run(f), expected, message, 'throws'),
    doesNotThrow: (f, message) => unwanted(run(f), message, 'doesNotThrow'),
    rejects: async (p, expected, message) => expectError(await wait(p), expected, message, 'rejects'),
    doesNotReject: async (p, message) => unwanted(await wait(p), message, 'doesNotReject'),
    fail: (message) => fail(message === undefined ? 'Failed' : message, '', undefined, undefined, 'fail'),
    ifError(v) { if (v !== null && v !== undefined) throw v; },
  });
  assert.strict = Object.assign((value, message) => ok(value, message), assert, {
    equal: assert.strictEqual, notEqual: assert.notStrictEqual,
    deepEqual: assert.deepStrictEqual, notDeepEqual: assert.notDeepStrictEqual,
  });
  assert.strict.strict = assert.strict;
  return assert;
})
