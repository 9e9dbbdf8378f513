// Writes buffer.txt, expressions with Buffers and what they are in Node.js 20:
//
//	node buffer.mjs > buffer.txt

const list = [];
const add = (...expressions) => list.push(...expressions);

// Found at the start, in the middle, at the end, twice, overlapping, odd, never.
const offsets = ['', ', 0', ', 1', ', 2', ', 3', ', 5', ', 99', ', -1', ', -2', ', -4', ', -99', ', 2.7', ', -0.5', ', NaN', ', null', ', {}', ", '2'", ', Infinity', ', -Infinity'];
for (const method of ['indexOf', 'lastIndexOf', 'includes']) {
  for (const value of ["'a'", "'ab'", "'aa'", "'abcabca'", "'x'", "''", '97', 'Buffer.from("bc")', 'new Uint8Array(0)']) {
    for (const offset of method === 'includes' ? offsets.slice(0, 9) : offsets) add(`Buffer.from('abcaab').${method}(${value}${offset})`);
  }
  add(...['353', '97.9', '-159', 'NaN', '-1'].map((n) => `Buffer.from([0, 97, 255]).${method}(${n})`));
  for (const value of ["'b'", "'ab'", "'abab'", "'x'", "''", "'\\u6100'", 'Buffer.from("b\\0")', 'Buffer.from("\\0b")', 'Buffer.from("b")'])
    for (const offset of [", 'ucs2'", ", 1, 'utf16le'", ", 2, 'UCS-2'", ", 3, 'ucs2'", ", 4, 'ucs2'", ", 6, 'ucs2'", ", -1, 'ucs2'", ", -2, 'ucs2'", ", -3, 'ucs2'", ", -99, 'ucs2'", ", 99, 'utf-16le'"]) add(`Buffer.from('abab', 'ucs2').${method}(${value}${offset})`);
  add(`Buffer.from('610062006', 'hex').${method}('b', 'ucs2')`, `Buffer.from('6100620063', 'hex').${method}('b', -1, 'ucs2')`, `Buffer.from('6100620063', 'hex').${method}('a', -5, 'ucs2')`, `Buffer.from('00610062', 'hex').${method}('a', 'ucs2')`, `Buffer.from('a').${method}('a', 'ucs2')`, `Buffer.alloc(0).${method}('')`, `Buffer.alloc(0).${method}('a')`, `Buffer.alloc(0).${method}(0)`, `Buffer.from('aXaYaZ').subarray(2, 4).${method}('a')`);
  add(`Buffer.from('aéb').${method}('é')`, `Buffer.from('aéb').${method}('é', 'latin1')`, `Buffer.from('aéb', 'latin1').${method}('é', 'binary')`, `Buffer.from('abc').${method}('62', 'hex')`, `Buffer.from('abc').${method}('YmM=', 'base64')`, `Buffer.from('abc').${method}('YmM', 0, 'base64url')`, `Buffer.from('abc').${method}('b', 0, 'ascii')`, `Buffer.from('abc').${method}('b', 'UTF8')`, `Buffer.from('abc').${method}('zz', 'hex')`);
  add(...['', 'undefined', 'null', '{}', '[98]', 'true', '() => 1', '1n', 'new Uint16Array([98])', "'b', 0, 'nosuch'", "'b', 'nosuch'", "98, 0, 'nosuch'", "Buffer.from('b'), 0, 'nosuch'", "'b', 0, null"].map((v) => `Buffer.from('abc').${method}(${v})`));
}

const fills = ['0', '1', '256', '-1', '1.9', 'NaN', 'Infinity', '1e10', 'true', 'false', 'null', '{}', '[]', '[7]', 'undefined', "'a'", "'ab'", "'abcdefgh'", "''", "'é'", "'€'", "'\\xe9', 'latin1'", "'\\u0161', 'latin1'", "'a', 'ucs2'", "'ab', 'utf16le'", "'616', 'hex'", "'zz', 'hex'", "'a6z', 'hex'", "'', 'hex'", "'YWI=', 'base64'", "'=', 'base64'", "'YWI', 'base64url'", "'é', 'ascii'", "'a', 'nosuch'", "'a', ''", "'a', null", "'a', 5", "Buffer.from('xy')", 'Buffer.alloc(0)', 'new Uint8Array([1, 2])', 'new Uint16Array([258, 3])', "1, 'nosuch'", "Buffer.from('xy'), 'hex'"];
add(...fills.map((f) => `Buffer.alloc(5).fill(${f})`), ...fills.map((f) => `Buffer.alloc(5, ${f})`));
for (const value of ['7', "'ab'", "Buffer.from('xy')"]) {
  for (const range of ['1', '1, 3', '0, 0', '3, 1', '5', '6', '5, 6', '0, 6', '-1', '0, -1', '1.5', '1.5, 3.5', 'NaN', '0, NaN', 'undefined, 2', '1, undefined', 'null', '1, null', '{}', "1, 'hex'", "1, 3, 'hex'", "1, undefined, 'hex'", "undefined, undefined, 'hex'", "'hex'"]) add(`Buffer.alloc(5).fill(${value}, ${range})`);
}
add("Buffer.alloc(5).fill('6162', 1, 4, 'hex')", "Buffer.alloc(5).fill('6162', 1, 'hex')", "Buffer.alloc(6).subarray(1, 5).fill('abc').buffer.byteLength", "(() => { const b = Buffer.alloc(6); b.subarray(1, 5).fill('abc'); return b })()",
  "(() => { const b = Buffer.from('abcdef'); return b.fill(b.subarray(1, 3)) })()", "(() => { const b = Buffer.from('abcdef'); return b.fill(b.subarray(0, 2), 1) })()", "(() => { const b = Buffer.alloc(2); return b.fill(1) === b })()", "Buffer.alloc(0).fill('ab')", "Buffer.alloc(0).fill('zz', 'hex')", "Buffer.alloc(0, 'zz', 'hex')", "Buffer.alloc(0, 'a', 'nosuch')");
add(...['-1', 'NaN', "'5'", 'null', 'undefined', '2 ** 53', 'Infinity', '2.9', '{}', '5n'].map((n) => `Buffer.alloc(${n})`));

const from = ['[1, 2, 300, -1]', "['1', 'x', null, undefined, 1.9, '0x10', true]", '[1, , 3]', '[]', '[[5], [6, 7]]', 'Buffer.from("ab")', 'new Uint8Array([1, 2])', 'new Uint8Array(0)', 'new Uint16Array([1, 258])', 'new Uint16Array(0)', 'new Int8Array([-1, 1])', 'new Float64Array([1.9, -1, NaN, 1e10])', 'new Uint8ClampedArray([255, 3])', 'new DataView(new ArrayBuffer(2))',
  'new Uint8Array([1, 2, 3, 4]).subarray(1, 3)', 'new Uint16Array([1, 2, 3, 4]).subarray(1, 3)', '{length: 3, 0: 1, 2: "7"}', '{length: 2.9, 0: 1, 1: 2, 2: 3}', '{length: -1}', '{length: "2", 0: 1, 1: 2}', '{length: NaN}', '{length: null}', '{}', 'null', 'undefined', '5', 'true', '5n', 'Symbol("s")', '() => 1', 'new Set([1, 2])', 'new Map([[1, 2]])', '(function () { return arguments })(1, 2)', '/x/',
  'new String("ab")', 'new Number(5)', 'new Boolean(true)', '{valueOf() { return "ab" }}', '{valueOf() { return [1, 2] }}', '{valueOf() { return 5 }}', '{[Symbol.toPrimitive]() { return "ab" }}', '{[Symbol.toPrimitive]() { return 5 }}', '{toString() { return "ab" }}', '{type: "Buffer", data: [1, 2, 300]}', '{type: "Buffer", data: "ab"}', '{type: "Buffer", data: []}', '{type: "Buffer", data: {length: 1, 0: 1}}', '{type: "Buffer", data: [1], length: 2}', '{type: "x", data: [1]}', 'JSON.parse(JSON.stringify(Buffer.from("ab")))', 'new (class A {})', 'Object.create(null)', '{buffer: new ArrayBuffer(2)}',
  '"ab", "nosuch"', '"ab", null', '"ab", 5', '"ab", ""', '"616", "hex"', '"ab", "latin1"', '"\\ud83d\\ude00\\u0161\\xe9", "latin1"', '"\\ud83d\\ude00\\ud800x", "ucs2"', '"\\ud800x"', '"é€😀"', '"", "ucs2"', 'new String("6162"), "hex"'];
add(...from.map((f) => `Buffer.from(${f})`));
const view = 'Uint8Array.of(1, 2, 3, 4, 5).buffer';
add(...['', ', 1', ', 1, 2', ', 5', ', 6', ', 1, 5', ', 1, -1', ', 1.5', ', "2"', ', NaN', ', undefined, 2', ', null, null', ', 1, undefined', ', 1, NaN', ', 0, 2.9', ', Infinity', ', 0, Infinity', ', {}'].map((a) => `Buffer.from(${view}${a})`));
add('(() => { const u = Uint8Array.of(1, 2, 3); const b = Buffer.from(u.buffer, 1); b[0] = 9; return [...u] })()', '(() => { const a = Buffer.from("abc"); const b = Buffer.from(a); b[0] = 120; return a })()', 'Buffer.isBuffer(Buffer.from(new Uint16Array(2)))', 'Buffer.of(1, 257, "3")', 'Buffer.of()', 'new Buffer(3).length', 'Buffer.from(new ArrayBuffer(0))');

const pairs = ["Buffer.from('abc'), Buffer.from('abd')", "Buffer.from('abd'), Buffer.from('abc')", "Buffer.from('ab'), Buffer.from('abc')", "Buffer.from('abc'), Buffer.from('abc')", 'Buffer.alloc(0), Buffer.alloc(0)', "Buffer.from([200]), Buffer.from([100])", "Buffer.from('a'), new Uint8Array([97])", "new Uint8Array([1]), new Uint8Array([2])", "Buffer.from('xabcx').subarray(1, 4), Buffer.from('abc')", "'a', Buffer.from('a')", "Buffer.from('a'), 'a'", "Buffer.from('a')", "Buffer.from('a'), [97]", "Buffer.from('a'), null", 'new Uint16Array(1), Buffer.from("a")'];
add(...pairs.map((p) => `Buffer.compare(${p})`));
add(...["Buffer.from('abc')", "Buffer.from('abd')", "Buffer.from('ab')", "new Uint8Array([97, 98, 99])", "'abc'", '', 'null', '{}', '[97, 98, 99]', 'new Uint16Array(3)'].flatMap((v) => [`Buffer.from('abc').equals(${v})`, `Buffer.from('abc').compare(${v})`]));
add(...['1', '1, 3', '1, 3, 0', '1, 3, 0, 2', '1, 3, 1, 3', '0, 4, 0, 4', '4', '5', '6', '0, 5', '0, 4, 3', '0, 4, 4', '0, 4, 5', '0, 4, 0, 5', '2, 1', '0, 0', '0, 0, 0, 0', '0, 4, 2, 1', '-1', '0, -1', '0, 4, -1', '0, 4, 0, -1', '1.5', 'NaN', "'1'", 'null', 'undefined, 2', 'undefined, undefined, 1', 'undefined, undefined, undefined, 2', '0, 2 ** 32'].map((r) => `Buffer.from('abcd').compare(Buffer.from('bcde'), ${r})`));

for (const n of [16, 32, 64]) {
  add(...[0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 136].map((size) => `Buffer.from(Array.from({length: ${size}}, (_, i) => i)).swap${n}()`));
  add(`(() => { const b = Buffer.from('abcdefghijklmnopqrst'); b.subarray(1, 17).swap${n}(); return b.toString() })()`, `(() => { const b = Buffer.alloc(8); return b.swap${n}() === b })()`);
}
add('Buffer.from([1, 0, 255]).toJSON()', 'Buffer.alloc(0).toJSON()', 'JSON.stringify({b: Buffer.from("ab").subarray(1)})', 'Array.isArray(Buffer.alloc(2).toJSON().data)', 'Object.keys(Buffer.from("a").toJSON())', '(() => { const d = Buffer.from("ab").toJSON().data; d.push(1); d[0] = "x"; return d })()', '[...Buffer.from("ab")]', 'Array.from(Buffer.from("ab"), (x) => x + 1)', 'Uint8Array.from(Buffer.from("ab"))', 'Buffer.from("\\ud83d\\ude00", "ucs2").toString("ucs2")', 'Buffer.from([0, 216, 97, 0]).toString("ucs2")', 'Buffer.from([0, 127, 128, 255]).toString("latin1")', 'Buffer.from([255, 97]).toString()');

for (const text of ["'ab'", "'aé€😀'", "'\\ud800x'", "''"]) {
  for (const a of ['', ', 1', ', 2, 3', ', 0, 2', ', 5', ', 6', ', 7', ', -1', ', 1.5', ', NaN', ', null', ", '1'", ', undefined, 2', ', 1, undefined', ', 1, 9', ', 1, -1', ', 1, null', ", 'ucs2'", ", 1, 'ucs2'", ", 0, 3, 'ucs2'", ", 1, 4, 'utf16le'", ", 'latin1'", ", 1, 3, 'latin1'", ", 'ascii'", ", 'UTF-8'", ", 0, 4, 'Utf8'", ", 'nosuch'", ", 0, 1, 'nosuch'", ", undefined, undefined, 'ucs2'", ", 1, undefined, 'latin1'", ", 0, 1, null", ", 0, 2, ''"]) add(`(() => { const b = Buffer.alloc(6); return [b.write(${text}${a}), b] })()`);
}
for (const a of ["'616263', 'hex'", "'616263', 1, 2, 'hex'", "'6162zz', 'hex'", "'616', 'hex'", "'YWJj', 'base64'", "'YWJj', 4, 'base64'", "'YW-_', 'base64url'", '5', 'undefined', 'null', 'Buffer.from("a")', "new String('ab')", "5, 'hex'", "5, 'latin1'"]) add(`(() => { const b = Buffer.alloc(6); return [b.write(${a}), b] })()`);
add(...['', "'utf8'", "'latin1', 1", "'ascii', 1, 4", "'hex', -1", "'hex', 2, 99", "'base64', 3, 2", "'ucs2', 1", "'utf16le', 0, 3", "undefined, 1, 3", "'hex', 1.9, 3.9", "'hex', NaN", "'hex', '1', '3'", "'hex', 0, null", "'hex', 0, -1", "'nosuch'", "'nosuch', 9", "null", "''", "5"].map((a) => `Buffer.from('aé€b').toString(${a})`));
add(...['[]', "[Buffer.from('ab'), Buffer.from('cd')]", "[Buffer.from('ab'), Buffer.from('cd')], 3", "[Buffer.from('ab')], 4", "[Buffer.from('ab')], 0", '[new Uint8Array([1])]', "['a']", "[Buffer.from('a'), [1]]", "'ab'", '', "[Buffer.from('ab')], -1", "[Buffer.from('ab')], 1.5", "[Buffer.from('ab')], '1'", "[Buffer.from('ab')], null"].map((a) => `Buffer.concat(${a})`));

for (const expression of new Set(list)) {
  let result;
  try {
    result = JSON.stringify((0, eval)(expression));
  } catch (e) {
    result = JSON.stringify(`${e.name}${e.code ? ` [${e.code}]` : ''}: ${e.message}`);
  }
  console.log(`${expression}\t${result}`);
}
