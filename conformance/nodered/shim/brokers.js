'use strict';

// Specs look whether a broker config node is connected. flowrun says so by the
// badges of the mqtt nodes that use it.

const fills = new Map(); // of the badge, by the broker's id

// note looks at a status frame of a node. broker is the stand-in of its broker,
// if there is one yet.
function note(config, status, standIn) {
    if (!config || !/^mqtt (in|out)$/.test(config.type) || !status || !status.fill) {
        return;
    }
    fills.set(config.broker, status.fill);
    const broker = standIn(config.broker);
    if (broker) {
        broker.connected = status.fill === 'green';
        broker.connecting = status.fill === 'yellow';
    }
}

// prepare sets what specs read of a new stand-in.
function prepare(node) {
    if (node.type === 'mqtt in') {
        node.isDynamic = Number(node.inputs) === 1;
    }
    if (node.type === 'mqtt-broker') {
        node.connected = fills.get(node.id) === 'green';
        node.connecting = !node.connected && String(node.autoConnect) !== 'false';
    }
}

module.exports = { note, prepare, forget: () => fills.clear() };
