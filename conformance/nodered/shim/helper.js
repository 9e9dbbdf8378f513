'use strict';

// In place of node-red-node-test-helper: deploys a spec's flows to a flowrun in
// another process, and gives the spec stand-ins for the nodes.

const sinon = require('sinon');
const request = require('supertest');
const { EventEmitter } = require('events');
const client = require('./client');
const { decode } = require('./codec');
const { syncEnvironment } = require('./environment');
const identity = require('./identity');
const brokers = require('./brokers');
const { standIn, configure, dispatch } = require('./node');
const { settings } = require('./settings');

require('should');
require('should-sinon');

const logLevels = { FATAL: 10, ERROR: 20, WARN: 30, INFO: 40, DEBUG: 50, TRACE: 60, METRIC: 99 };
const startPatience = 3000; // ms until flows must have started
const credentialsPatience = 60; // ms for nodes to start anew

const nodes = new Map(); // stand-ins, by id
let running = new Map(); // what flowrun says of its nodes, by id
let configs = new Map(); // what the spec has deployed, by id
let deployed = { flows: [], credentials: {} };
let log = null; // a spy of log entries
let held = null; // frames until the spec has seen that its flows are loaded
let generation = 0; // of loads

const states = new EventEmitter();

client.onFrame = (frame) => {
    switch (frame.t) {
    case 'log':
        if (log) {
            log(Object.fromEntries(Object.entries(frame.log).map(([key, value]) => [key, decode(value)])));
        }
        return;
    case 'flows':
        states.emit('state', frame);
        return;
    case 'status':
        brokers.note(configs.get(frame.id), frame.status, (id) => nodes.get(id));
    }
    if (held) {
        held.push(frame);
    } else {
        deliver(frame);
    }
};

function deliver(frame) {
    const node = getNode(frame.id);
    if (node) {
        dispatch(node, frame);
    }
}

function getNode(id) {
    if (!nodes.has(id) && running.has(id)) {
        const node = standIn(id, configs.get(id), running.get(id), { setCredentials, remove });
        brokers.prepare(node);
        nodes.set(id, node);
    }
    return nodes.get(id) || null;
}

const headers = (type) => ({ 'Node-RED-API-Version': 'v2', 'Node-RED-Deployment-Type': type });

// post deploys and promises that the flows have started, or could not.
async function post(body, type) {
    const started = new Promise((resolve) => {
        const limit = setTimeout(finish, startPatience);
        function finish() {
            clearTimeout(limit);
            states.removeListener('state', finish);
            resolve();
        }
        states.once('state', finish);
    });
    const answer = await client.request('POST', '/flows', body, headers(type));
    if (answer.status >= 300) {
        throw new Error(`the deploy failed: ${answer.status} ${answer.body}`);
    }
    await started;
}

async function deploy(flow, credentials, type) {
    await client.connect();
    const flows = JSON.parse(JSON.stringify(flow));
    deployed = { flows, credentials: credentials || {} };
    await post(body(flows, deployed.credentials), type);
    const answer = await client.request('GET', '/tap/nodes');
    running = new Map(JSON.parse(answer.body).map((n) => [n.id, n]));
    await client.barrier();
}

const body = (flows, credentials) => (Object.keys(credentials).length > 0 ? { flows, credentials } : { flows });

// setCredentials is what a spec means by assigning to node.credentials.
function setCredentials(id, value) {
    deployed.credentials = { ...deployed.credentials, [id]: value };
    client.sync('POST', '/flows', deployed, headers('full'));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, credentialsPatience);
}

// remove stops one node: a deploy without it.
function remove(id) {
    const { flows, credentials } = deployed;
    return helper._inTurn(async () => {
        await post(body(flows.filter((n) => n.id !== id), credentials), 'nodes');
        await client.barrier();
    });
}

class Helper extends EventEmitter {
    constructor() {
        super();
        this.NodeTestHelper = Helper;
        this.credentials = { get: () => ({}) };
        this._settings = settings;
        this._turn = Promise.resolve();
    }

    // _inTurn runs what loads and unloads one after the other: specs often do not
    // wait for an unload.
    _inTurn(f) {
        const result = this._turn.then(f);
        this._turn = result.catch(() => {});
        return result;
    }

    init() {}

    settings(values = {}) {
        Object.assign(settings, values);
        return settings;
    }

    // load starts flows. The node modules of the specs are of no use: flowrun has
    // its own.
    async load(_modules, flow, credentials, callback) {
        if (typeof credentials === 'function') {
            [credentials, callback] = [undefined, credentials];
        }
        let mine;
        try {
            await this._inTurn(async () => {
                mine = ++generation;
                nodes.clear();
                identity.forget();
                brokers.forget();
                syncEnvironment();
                log = Object.assign(sinon.spy(), logLevels);
                configs = new Map(flow.map((n) => [n.id, n]));
                await client.connect();
                await client.request('DELETE', '/tap/context');
                await client.barrier();
                held = [];
                await deploy(flow, credentials, 'full');
            });
        } catch (e) {
            held = null;
            if (callback) {
                return callback(e);
            }
            throw e;
        }
        const release = () => {
            if (mine === generation) {
                const frames = held || [];
                held = null;
                frames.forEach(deliver);
            }
        };
        if (!callback) {
            setImmediate(() => setImmediate(release)); // the spec goes on first
            return;
        }
        try {
            callback();
        } finally {
            setImmediate(release);
        }
    }

    // unload stops the flows. Their context stays: some specs read it afterwards.
    unload() {
        generation++;
        held = null;
        nodes.clear();
        configs = new Map();
        sinon.restore();
        return this._inTurn(async () => {
            await client.connect();
            await post({ flows: [] }, 'full');
            running = new Map();
            await client.barrier();
            nodes.clear();
        });
    }

    clearFlows() {
        return this._inTurn(async () => {
            await client.connect();
            await post({ flows: [] }, 'full');
            await client.barrier();
        });
    }

    // setFlows deploys again; stand-ins of nodes that go on running stay.
    async setFlows(flow, type, credentials, callback) {
        if (typeof credentials === 'function') {
            [credentials, callback] = [undefined, credentials];
        }
        try {
            await this._inTurn(() => deploy(flow, credentials, typeof type === 'string' && type ? type : 'full'));
        } catch (e) {
            if (callback) {
                return callback(e);
            }
            throw e;
        }
        configs = new Map(flow.map((n) => [n.id, n]));
        for (const [id, node] of nodes) {
            if (!running.has(id)) {
                nodes.delete(id);
            } else if (configs.has(id)) {
                configure(node, configs.get(id));
            }
        }
        if (callback) {
            callback();
        }
    }

    getNode(id) {
        return getNode(id);
    }

    async startServer(callback) {
        try {
            await this._inTurn(() => client.connect());
        } catch (e) {
            if (callback) {
                return callback(e);
            }
            throw e;
        }
        if (callback) {
            callback();
        }
    }

    async stopServer(callback) {
        await this._turn;
        if (callback) {
            callback();
        }
    }

    request() {
        return request(client.BASE);
    }

    url() {
        return client.BASE;
    }

    log() {
        return log;
    }
}

const helper = new Helper();
module.exports = helper;
