'use strict';

// In place of nr-test-utils, by which the specs reach Node-RED's own modules.
// What belongs to the runtime is flowrun's here, so a module is an empty stub,
// but for the utilities that specs compute their expectations with.

const path = require('path');
const { settings } = require('./settings');

const modules = process.env.SPECS_MODULES;
const loaded = new Map();

function load(file) {
    if (/runtime\/lib\/nodes\/context\/?$/.test(file)) {
        const nothing = () => Promise.resolve();
        return {
            init() {},
            load: nothing,
            clean: nothing,
            close: nothing,
            get() {
                throw new Error('the context is in another process');
            },
        };
    }
    if (/^node-red\/lib\/red(\.js)?$/.test(file)) {
        const { util, log, events, hooks } = require(path.join(modules, '@node-red/util'));
        return { settings, util, log, events, hooks, version: () => 'shim', nodes: {}, runtime: {} };
    }
    if (/proxyHelper/.test(file)) {
        return require(path.join(modules, file));
    }
    return function stub() {};
}

module.exports = {
    require(file) {
        if (!loaded.has(file)) {
            loaded.set(file, load(file));
        }
        return loaded.get(file);
    },
    resolve: (file) => path.join(modules, file),
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
};
