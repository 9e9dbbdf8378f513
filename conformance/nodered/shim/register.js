'use strict';

// Loaded by mocha before the specs: gives them this folder's modules in place of
// Node-RED's own, and finds all others in SPECS_MODULES as well.

const Module = require('module');
const path = require('path');

const instead = {
    'node-red-node-test-helper': path.join(__dirname, 'helper.js'),
    'nr-test-utils': path.join(__dirname, 'utils.js'),
};

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, isMain, options) {
    if (Object.hasOwn(instead, request)) {
        return instead[request];
    }
    try {
        return resolve.call(this, request, parent, isMain, options);
    } catch (e) {
        if (request.startsWith('.') || request.startsWith('/')) {
            throw e;
        }
        return resolve.call(this, path.join(process.env.SPECS_MODULES, request), parent, isMain, options);
    }
};
