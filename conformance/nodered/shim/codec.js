'use strict';

// Typed values as the tap has them with enc=typed: JSON as it is, and
// {"__enc__": true, "type", "data"} for what JSON cannot say.

const maxDepth = 60;
const maxValues = 100000;
const largeBuffer = 16384;

const typed = (type, data) => (data === undefined ? { __enc__: true, type } : { __enc__: true, type, data });
const isInternal = /^(IncomingMessage|ServerResponse|Socket|TLSSocket|WebSocket|Timeout|Immediate|Agent|ClientRequest)$/;

function encode(value) {
    let left = maxValues;

    function walk(v, ancestors) {
        if (--left < 0) {
            return typed('circular');
        }
        switch (typeof v) {
        case 'undefined':
        case 'symbol':
            return typed('undefined');
        case 'number':
            return Number.isFinite(v) ? v : typed('number', String(v));
        case 'bigint':
            return typed('bigint', v.toString());
        case 'function':
            return typed('function', v.name || '');
        case 'string':
        case 'boolean':
            return v;
        }
        if (v === null) {
            return null;
        }
        const tag = Object.prototype.toString.call(v).slice('[object '.length, -1);
        switch (tag) {
        case 'Uint8Array':
            if (v.length > largeBuffer) {
                return typed('buffer', Buffer.from(v).toString('base64'));
            }
            return { type: 'Buffer', data: Array.from(v) };
        case 'Date':
            return typed('date', isNaN(v.getTime()) ? null : v.toISOString());
        case 'RegExp':
            return typed('regexp', { source: v.source, flags: v.flags });
        }
        if (ancestors.includes(v) || ancestors.length > maxDepth) {
            return typed('circular');
        }
        if (isInternal.test(v.constructor?.name)) {
            return typed('internal', v.constructor.name);
        }
        const inner = (x) => walk(x, [...ancestors, v]);
        if (tag === 'Error' || v instanceof Error) {
            const data = { name: v.name, message: v.message };
            if (v.code !== undefined) {
                data.code = inner(v.code);
            }
            if (v.stack) {
                data.stack = String(v.stack);
            }
            return typed('error', data);
        }
        switch (tag) {
        case 'Map':
            return typed('map', Array.from(v.entries(), inner));
        case 'Set':
            return typed('set', Array.from(v.values(), inner));
        }
        if (Array.isArray(v)) {
            return Array.from(v, inner); // holes are undefined
        }
        const object = {};
        for (const key of Object.keys(v)) {
            object[key] = inner(v[key]);
        }
        const looksEncoded = v.__enc__ !== undefined || (v.type === 'Buffer' && Array.isArray(v.data));
        return looksEncoded ? typed('object', object) : object;
    }

    return walk(value, []);
}

function decodeObject(v) {
    return Object.fromEntries(Object.entries(v).map(([key, x]) => [key, decode(x)]));
}

function decodeError(data) {
    const e = new Error(data.message);
    e.name = data.name || 'Error';
    if ('code' in data) {
        e.code = decode(data.code);
    }
    if (data.stack) {
        e.stack = data.stack;
    }
    return e;
}

const decoders = {
    undefined: () => undefined,
    number: (data) => Number(data),
    bigint: (data) => BigInt(data),
    date: (data) => new Date(data === null ? NaN : data),
    regexp: (data) => new RegExp(data.source, data.flags),
    error: decodeError,
    map: (data) => new Map(data.map(decode)),
    set: (data) => new Set(data.map(decode)),
    function: () => function opaque() {},
    circular: () => '[Circular]',
    internal: () => ({}),
    buffer: (data) => Buffer.from(data, 'base64'),
    object: decodeObject,
};

function decode(v) {
    if (v === null || typeof v !== 'object') {
        return v;
    }
    if (Array.isArray(v)) {
        return v.map(decode);
    }
    if (v.__enc__ === true && decoders[v.type]) {
        return decoders[v.type](v.data);
    }
    if (v.type === 'Buffer' && Array.isArray(v.data) && Object.keys(v).length === 2) {
        return Buffer.from(v.data);
    }
    return decodeObject(v);
}

module.exports = { encode, decode };
