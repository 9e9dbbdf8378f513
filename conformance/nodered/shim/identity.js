'use strict';

// In Node-RED's process a message that no node changes arrives as the very object
// that the spec sent, and specs compare it with that. Here it comes back as a
// copy; what is equal to what was sent is replaced by it.

const crypto = require('crypto');
const { isDeepStrictEqual } = require('util');
const { encode, decode } = require('./codec');

const sent = new Map(); // by message id

const isObject = (v) => v !== null && typeof v === 'object';

// remember gives a message an id, as Node-RED does in place, and keeps it.
function remember(msg) {
    if (!isObject(msg)) {
        return;
    }
    if (!msg._msgid) {
        try {
            msg._msgid = crypto.randomBytes(8).toString('hex');
        } catch (e) {
            // It is frozen.
        }
    }
    if (typeof msg._msgid === 'string') {
        sent.set(msg._msgid, msg);
    }
}

// restore returns the message of a frame, with the objects that were sent.
function restore(encoded) {
    const msg = decode(encoded);
    const original = isObject(msg) ? sent.get(msg._msgid) : undefined;
    if (!original) {
        return msg;
    }
    const was = encode(original);
    if (isDeepStrictEqual(was, encoded)) {
        return original;
    }
    for (const key of Object.keys(msg)) {
        if (isObject(original[key]) && isObject(msg[key]) && isDeepStrictEqual(was[key], encoded[key])) {
            msg[key] = original[key];
        }
    }
    return msg;
}

module.exports = { remember, restore, forget: () => sent.clear() };
