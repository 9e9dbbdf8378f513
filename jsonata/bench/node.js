// Measures the expressions of testdata/bench.json with the npm package jsonata,
// found by Node.js (NODE_PATH or node_modules). Prints JSON: nanoseconds and the
// result by name.
const fs = require('fs');
const jsonata = require('jsonata');

const {inputs, expressions} = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const states = ['open', 'paid', 'sent', 'done'];
const large = {
  '@orders': Array.from({length: 1000}, (_, i) => ({id: 'o' + i, state: states[i % 4], qty: i * 7 % 11, price: i * 37 % 1009 / 4})),
  '@numbers': Array.from({length: 1000}, (_, i) => i),
};
const fillIn = v => typeof v === 'string' && large[v] ? large[v]
  : v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, fillIn(w)])) : v;

(async () => {
  const out = {};
  for (const {name, input, expr} of expressions) {
    const e = jsonata(expr);
    const data = fillIn(inputs[input]);
    const result = JSON.stringify(await e.evaluate(data));
    for (const end = Date.now() + 500; Date.now() < end;) await e.evaluate(data); // warm up
    let ns = Infinity;
    for (let round = 0; round < 3; round++) {
      let runs = 0;
      const start = process.hrtime.bigint();
      let now = start;
      for (const end = start + 1000000000n; now < end; now = process.hrtime.bigint()) {
        for (let i = 0; i < 10; i++) await e.evaluate(data);
        runs += 10;
      }
      ns = Math.min(ns, Number(now - start) / runs);
    }
    out[name] = {ns, result};
  }
  console.log(JSON.stringify(out));
})();
