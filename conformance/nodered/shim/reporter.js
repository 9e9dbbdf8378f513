'use strict';

// A reporter of mocha: writes [{title, state, error}] to the file SPECS_RESULT.
// A state is passed, failed, pending, or hook failed for what is no test.

const fs = require('fs');

module.exports = function (runner) {
    const results = [];
    const add = (title, state, error) => {
        const text = error && String(error.message || error).slice(0, 1000);
        results.push({ title, state, error: text || undefined });
    };
    const errors = new Map();

    runner.on('fail', (test, error) => {
        errors.set(test, error);
        if (test.type === 'hook') {
            add(test.fullTitle(), 'hook failed', error);
        }
    });
    runner.on('pending', (test) => add(test.fullTitle(), 'pending'));
    runner.on('test end', (test) => {
        if (test.state !== undefined && !test.isPending()) {
            add(test.fullTitle(), test.state, errors.get(test));
        }
    });
    runner.on('end', () => fs.writeFileSync(process.env.SPECS_RESULT, JSON.stringify(results, null, 1)));
};
