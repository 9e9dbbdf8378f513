'use strict';

// Does the requests of client.sync in a thread of its own, so that the one that
// waits for the answer may block.

const { parentPort, workerData } = require('worker_threads');
const http = require('http');

const answered = new Int32Array(workerData.answered);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

parentPort.on('message', ({ method, url, body }) => {
    const answer = (result) => {
        workerData.port.postMessage(result);
        Atomics.store(answered, 0, 1);
        Atomics.notify(answered, 0);
    };
    const headers = {};
    const data = body === undefined ? undefined : Buffer.from(body.text);
    if (data) {
        Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': data.length }, body.headers);
    }
    const request = http.request(url, { method, headers, agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => answer({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', (e) => answer({ status: 0, body: String(e) }));
    request.end(data);
});
