'use strict';

// Stand-ins for nodes that run in flowrun: what specs do to one becomes a command
// to the tap, and what the tap says about the node is done to the stand-in.

const sinon = require('sinon');
const { EventEmitter } = require('events');
const client = require('./client');
const { contextAt } = require('./context');
const { encode, decode } = require('./codec');
const { syncEnvironment } = require('./environment');
const identity = require('./identity');

// What a node does; specs look at the calls.
const spied = ['log', 'status', 'warn', 'error', 'debug', 'trace', 'send'];

// Properties of a configuration that are none of the node: its place in the
// editor, and what would hide a method.
const notOfNode = new Set([
    'x', 'y', 'd', 'credentials',
    'on', 'once', 'emit', 'receive', 'send', 'status', 'log', 'warn', 'error',
]);

// configure gives a stand-in the properties of the configuration.
function configure(node, config) {
    for (const [key, value] of Object.entries(config)) {
        if (!notOfNode.has(key)) {
            const text = JSON.stringify(value);
            node[key] = text === undefined ? value : JSON.parse(text);
        }
    }
}

// While a frame is echoed into a stand-in's methods they send no command.
let echoing = false;

function echo(node, method, args) {
    echoing = true;
    try {
        node[method](...args);
    } catch (e) {
        // A method that the spec has replaced failed; its test says so.
    } finally {
        echoing = false;
    }
}

const emit = EventEmitter.prototype.emit;
const on = EventEmitter.prototype.on;
const once = EventEmitter.prototype.once;
const removeListener = EventEmitter.prototype.removeListener;
const removeAllListeners = EventEmitter.prototype.removeAllListeners;

// standIn makes a stand-in. config is what was deployed; info {type, z, name,
// wires, alias} is what runs. deployed has the operations that deploy anew:
// setCredentials(id, credentials) and remove(id).
function standIn(id, config, info, deployed) {
    const node = new EventEmitter();
    node.setMaxListeners(0);
    configure(node, config || {});
    for (const key of ['type', 'z', 'name', 'wires']) {
        if (info[key] !== undefined) {
            node[key] = info[key];
        }
    }
    node.id = id;
    node.wires = node.wires || [];
    if (info.alias) {
        node._alias = info.alias;
    }
    for (const [name, value] of Object.entries(methods(node, deployed))) {
        Object.defineProperty(node, name, { value, writable: true, configurable: true, enumerable: false });
    }
    for (const name of spied) {
        const spy = sinon.spy(node, name);
        Object.defineProperty(node, name, { value: spy, writable: true, configurable: true, enumerable: false });
    }
    let credentials;
    Object.defineProperty(node, 'credentials', {
        configurable: true,
        enumerable: false,
        get: () => credentials,
        set(value) {
            credentials = value;
            deployed.setCredentials(id, value);
        },
    });
    return node;
}

// command returns a method that sends a command, unless it is an echo.
const command = (id, make) => (...args) => {
    if (!echoing) {
        client.send({ id, ...make(...args) });
    }
};

// methods returns what specs call.
function methods(node, deployed) {
    const id = node.id;
    const handlers = []; // of the event input: they run here, not in flowrun
    const drop = (handler) => {
        const i = handlers.indexOf(handler);
        if (i >= 0) {
            handlers.splice(i, 1);
        }
    };
    const listen = (event, f) => {
        if (event === 'input') {
            handlers.push(f);
        } else if (event !== 'close') { // a stand-in does not close
            on.call(node, event, f);
        }
        return node;
    };
    const unlisten = (event, f) => {
        if (event === 'input') {
            drop(f);
            return node;
        }
        return removeListener.call(node, event, f);
    };
    return {
        _handlers: handlers,
        on: listen,
        addListener: listen,
        removeListener: unlisten,
        off: unlisten,
        once(event, f) {
            if (event !== 'input') {
                return once.call(node, event, f);
            }
            const first = function (...args) {
                drop(first);
                return f.apply(this, args);
            };
            handlers.push(first);
            return node;
        },
        removeAllListeners(event) {
            if (!event || event === 'input') {
                handlers.length = 0;
            }
            return removeAllListeners.call(node, event);
        },
        emit(event, msg) {
            if (event !== 'input') {
                return emit.apply(node, arguments);
            }
            syncEnvironment();
            if (msg && typeof msg._msgid === 'string') {
                identity.remember(msg);
            }
            client.send({ op: 'receive', id, raw: true, msg: encode(msg) });
            return true;
        },
        receive(given) {
            if (echoing) {
                return;
            }
            const msg = given || {};
            syncEnvironment();
            identity.remember(msg);
            client.send({ op: 'receive', id, msg: encode(msg) });
        },
        send: command(id, (msg) => ({ op: 'send', msg: encode(msg) })),
        status: command(id, (status) => ({ op: 'status', status: encode(status) })),
        error: command(id, (error, msg) => ({ op: 'error', error: encode(error), msg: msg === undefined ? undefined : encode(msg) })),
        warn: command(id, (text) => ({ op: 'warn', text: encode(text) })),
        log: command(id, (text) => ({ op: 'log', text: encode(text) })),
        debug: command(id, (text) => ({ op: 'log', text: encode(text) })),
        trace: command(id, (text) => ({ op: 'log', text: encode(text) })),
        metric: () => false,
        context() {
            const context = contextAt(`/tap/context/node/${encodeURIComponent(id)}`);
            if (node.z) {
                context.flow = contextAt(`/tap/context/flow/${encodeURIComponent(node.z)}`);
            }
            context.global = contextAt('/tap/context/global');
            return context;
        },
        close: () => deployed.remove(id),
    };
}

// dispatch does to a stand-in what a frame says about its node.
function dispatch(node, frame) {
    switch (frame.t) {
    case 'receive':
        handle(node, frame);
        break;
    case 'send':
        echo(node, 'send', [decode(frame.msg)]);
        node.emit('call:send', node.send.lastCall);
        break;
    case 'status':
        echo(node, 'status', [decode(frame.status)]);
        emitCall(node, 'status');
        break;
    case 'call':
        echo(node, frame.fn, frame.args.map(decode));
        emitCall(node, frame.fn);
        break;
    }
}

function emitCall(node, method) {
    const call = node[method].lastCall;
    process.nextTick(() => node.emit(`call:${method}`, call));
}

// handle runs the input handlers that a spec has given to a stub node.
function handle(node, frame) {
    const msg = identity.restore(frame.msg);
    if (node.receive.restore) { // a spy or stub of the spec
        echo(node, 'receive', [msg]);
    }
    const send = (out) => client.send({ op: 'send', id: node.id, msg: encode(out) });
    const done = (error) => client.send({
        op: 'done', id: node.id, msg: encode(msg), error: error === undefined ? undefined : encode(error),
    });
    for (const handler of [...node._handlers]) {
        try {
            handler.call(node, msg, send, done);
        } catch (e) {
            // An assertion failed: the test times out, as it does in Node-RED.
        }
    }
}

module.exports = { standIn, configure, dispatch };
