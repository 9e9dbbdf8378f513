// Node.js's events module: EventEmitter and once.
(function (native) {
  function check(listener) {
    if (typeof listener === 'function') return;
    const e = new TypeError('The "listener" argument must be of type function. Received ' + (listener === null ? 'null' : typeof listener));
    e.code = 'ERR_INVALID_ARG_TYPE';
    throw e;
  }

  // EventEmitter is a function, so that old code can call it on its own object.
  function EventEmitter() { all(this); }

  // all returns the emitter's listeners by event, each { listener, once }.
  function all(emitter) {
    if (!Object.prototype.hasOwnProperty.call(emitter, '_events')) {
      Object.defineProperty(emitter, '_events', { value: new Map(), configurable: true });
    }
    return emitter._events;
  }

  const listeners = (emitter, event) => all(emitter).get(event) || [];

  function add(emitter, event, listener, once, first) {
    check(listener);
    if (listeners(emitter, 'newListener').length > 0) emitter.emit('newListener', event, listener);
    const entry = { listener, once };
    const list = listeners(emitter, event);
    all(emitter).set(event, first ? [entry, ...list] : [...list, entry]);
    return emitter;
  }

  // drop removes one entry. Lists are replaced, not changed: emit goes on with
  // the one that it began with.
  function drop(emitter, event, entry) {
    const list = listeners(emitter, event);
    const rest = list.filter((e) => e !== entry);
    if (rest.length === list.length) return;
    if (rest.length > 0) all(emitter).set(event, rest);
    else all(emitter).delete(event);
    if (listeners(emitter, 'removeListener').length > 0) emitter.emit('removeListener', event, entry.listener);
  }

  const methods = {
    on(event, listener) { return add(this, event, listener, false, false); },
    once(event, listener) { return add(this, event, listener, true, false); },
    prependListener(event, listener) { return add(this, event, listener, false, true); },
    prependOnceListener(event, listener) { return add(this, event, listener, true, true); },
    off(event, listener) {
      check(listener);
      const entry = [...listeners(this, event)].reverse().find((e) => e.listener === listener);
      if (entry) drop(this, event, entry);
      return this;
    },
    removeAllListeners(event) {
      const names = event === undefined ? this.eventNames() : [event];
      for (const name of names) for (const entry of [...listeners(this, name)].reverse()) drop(this, name, entry);
      return this;
    },
    emit(event, ...args) {
      const list = listeners(this, event);
      if (list.length === 0) {
        if (event !== 'error') return false;
        if (args[0] instanceof Error) throw args[0];
        const e = new Error('Unhandled error. (' + native.module('util').inspect(args[0]) + ')');
        e.code = 'ERR_UNHANDLED_ERROR';
        e.context = args[0];
        throw e;
      }
      for (const entry of list) {
        if (entry.once) drop(this, event, entry);
        entry.listener.apply(this, args);
      }
      return true;
    },
    listenerCount(event) { return listeners(this, event).length; },
    listeners(event) { return listeners(this, event).map((e) => e.listener); },
    rawListeners(event) { return this.listeners(event); },
    eventNames() { return [...all(this).keys()]; },
    setMaxListeners() { return this; }, // there is no warning to hold back
    getMaxListeners() { return EventEmitter.defaultMaxListeners; },
  };
  methods.addListener = methods.on;
  methods.removeListener = methods.off;
  for (const name of Object.keys(methods)) {
    Object.defineProperty(EventEmitter.prototype, name, { value: methods[name], writable: true, configurable: true });
  }

  EventEmitter.once = (emitter, event) => new Promise((resolve, reject) => {
    const done = (...args) => { emitter.off('error', failed); resolve(args); };
    const failed = (e) => { emitter.off(event, done); reject(e); };
    emitter.once(event, done);
    if (event !== 'error') emitter.once('error', failed);
  });
  EventEmitter.listenerCount = (emitter, event) => emitter.listenerCount(event);
  EventEmitter.defaultMaxListeners = 10;
  EventEmitter.EventEmitter = EventEmitter;
  return EventEmitter;
})
