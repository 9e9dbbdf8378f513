'use strict';

// RED.settings as the specs see it: what they assign goes to flowrun.

const client = require('./client');
const { encode } = require('./codec');

const assigned = new Set();

function push(name, value) {
    try {
        client.sync('PUT', '/tap/settings', { [name]: value === undefined ? null : encode(value) });
    } catch (e) {
        // A setting that flowrun does not have makes no difference.
    }
}

const settings = new Proxy({}, {
    set(target, name, value) {
        const same = target[name] === value;
        target[name] = value;
        // Specs reset this one to 0, which says "no limit", before they ever set it.
        const reset = name === 'nodeMessageBufferMaxLength' && value === 0 && !assigned.has(name);
        if (!same && !reset) {
            assigned.add(name);
            push(name, value);
        }
        return true;
    },
    deleteProperty(target, name) {
        if (name in target) {
            delete target[name];
            push(name, undefined);
        }
        return true;
    },
});

module.exports = { settings };
