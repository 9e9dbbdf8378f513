'use strict';

// The client of a flowrun at SPECS_URL: its HTTP API, and its tap.

const { Worker, MessageChannel, receiveMessageOnPort } = require('worker_threads');
const path = require('path');
const http = require('http');
const WebSocket = require('ws');

const BASE = process.env.SPECS_URL;
const patience = 5000; // ms that a synchronous request may take

let worker, port, answered;

// sync does a request and blocks until there is an answer {status, body}: the
// context API of Node-RED may be used synchronously.
function sync(method, url, body, headers) {
    if (!worker) {
        const shared = new SharedArrayBuffer(4);
        const channel = new MessageChannel();
        answered = new Int32Array(shared);
        port = channel.port1;
        worker = new Worker(path.join(__dirname, 'sync-worker.js'), {
            workerData: { answered: shared, port: channel.port2 },
            transferList: [channel.port2],
            execArgv: [],
        });
        worker.unref();
        port.unref();
    }
    Atomics.store(answered, 0, 0);
    const data = body === undefined ? undefined : { text: JSON.stringify(body), headers };
    worker.postMessage({ method, url: BASE + url, body: data });
    Atomics.wait(answered, 0, 0, patience);
    const answer = receiveMessageOnPort(port);
    if (!answer) {
        throw new Error(`no answer to ${method} ${url}`);
    }
    return answer.message;
}

const agent = new http.Agent({ keepAlive: true });

// request does a request and promises the answer {status, body}.
function request(method, url, body, headers) {
    return new Promise((resolve, reject) => {
        const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const all = { ...headers };
        if (data) {
            Object.assign(all, { 'Content-Type': 'application/json', 'Content-Length': data.length });
        }
        const q = http.request(BASE + url, { method, headers: all, agent }, (response) => {
            const chunks = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
        });
        q.on('error', reject);
        q.end(data);
    });
}

let socket, opening;
let settingsAreFresh = false; // what an earlier spec file has set is gone
let lastSeq = 0;
const waiting = new Map(); // for replies, by seq
let onFrame = () => {};

// connect promises that the tap is open.
function connect() {
    if (socket && socket.readyState === WebSocket.OPEN) {
        return Promise.resolve();
    }
    opening = opening || new Promise((resolve, reject) => {
        socket = new WebSocket(BASE.replace(/^http/, 'ws') + '/tap/ws?enc=typed');
        socket.on('open', () => socket._socket.setNoDelay(true));
        socket.on('error', (e) => {
            opening = null;
            reject(e);
        });
        socket.on('message', (data) => {
            const frame = JSON.parse(String(data));
            switch (frame.t) {
            case 'hello':
                opening = null;
                if (settingsAreFresh) {
                    resolve();
                } else {
                    settingsAreFresh = true;
                    request('DELETE', '/tap/settings').then(resolve, reject);
                }
                break;
            case 'reply':
                waiting.get(frame.seq)?.(frame);
                waiting.delete(frame.seq);
                break;
            default:
                onFrame(frame);
            }
        });
    });
    return opening;
}

// send sends a command to the tap.
function send(command) {
    if (socket && socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify(command));
    }
}

// barrier promises that all frames have come that are due to earlier commands.
function barrier() {
    return new Promise((resolve) => {
        const seq = ++lastSeq;
        waiting.set(seq, resolve);
        send({ op: 'ping', seq });
    });
}

module.exports = {
    BASE, sync, request, connect, send, barrier,
    set onFrame(f) {
        onFrame = f;
    },
};
