'use strict';

// The context of a node, a flow or all flows, at its place in the API of the tap.

const client = require('./client');
const { encode, decode } = require('./codec');

function errorOf(answer) {
    let body;
    try {
        body = JSON.parse(answer.body);
    } catch (e) {
        body = { error: answer.body };
    }
    const error = new Error(body.error || `status ${answer.status}`);
    if (body.code) {
        error.code = body.code;
    }
    return error;
}

// contextAt returns {get, set, keys} as Node-RED's nodes have them: with a
// callback, or returning the value. The store may be left out.
function contextAt(place) {
    const url = (query, store) => `${place}?${query}${store ? `&store=${encodeURIComponent(store)}` : ''}`;

    // ask does a request; done gets the error or the value of its answer.
    function ask(answer, callback, done) {
        if (answer.status === 200) {
            return done(answer);
        }
        if (!callback) {
            throw errorOf(answer);
        }
        setImmediate(callback, errorOf(answer));
    }

    return {
        get(key, store, callback) {
            if (typeof store === 'function') {
                [store, callback] = [undefined, store];
            }
            const several = Array.isArray(key);
            const query = several ? `multi=${encodeURIComponent(JSON.stringify(key))}` : `key=${encodeURIComponent(key)}`;
            return ask(client.sync('GET', url(query, store)), callback, (answer) => {
                const value = decode(JSON.parse(answer.body).value);
                if (!callback) {
                    return value;
                }
                setImmediate(callback, undefined, ...(several ? value : [value]));
            });
        },
        set(key, value, store, callback) {
            if (typeof store === 'function') {
                [store, callback] = [undefined, store];
            }
            ask(client.sync('PUT', place, { key, value: encode(value), store }), callback, () => {
                if (callback) {
                    setImmediate(callback);
                }
            });
        },
        keys(store, callback) {
            if (typeof store === 'function') {
                [store, callback] = [undefined, store];
            }
            return ask(client.sync('GET', url('keys=1', store)), callback, (answer) => {
                const value = decode(JSON.parse(answer.body).value);
                if (!callback) {
                    return value;
                }
                setImmediate(callback, undefined, value);
            });
        },
    };
}

module.exports = { contextAt };
