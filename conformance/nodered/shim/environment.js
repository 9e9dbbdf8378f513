'use strict';

// Gives flowrun the variables that a spec sets in its process.env.

const client = require('./client');

let known = { ...process.env };

function syncEnvironment() {
    const changed = {};
    for (const [name, value] of Object.entries(process.env)) {
        if (value !== known[name]) {
            changed[name] = value;
        }
    }
    for (const name of Object.keys(known)) {
        if (!(name in process.env)) {
            changed[name] = null;
        }
    }
    if (Object.keys(changed).length > 0) {
        known = { ...process.env };
        client.sync('PUT', '/tap/env', changed);
    }
}

module.exports = { syncEnvironment };
