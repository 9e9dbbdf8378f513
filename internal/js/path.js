// Node.js's path module, in its POSIX form on every system.
(function (native) {
  function text(v, name) {
    if (typeof v === 'string') return v;
    const e = new TypeError(`The "${name}" argument must be of type string. Received ${v === null ? 'null' : 'type ' + typeof v}`);
    e.code = 'ERR_INVALID_ARG_TYPE';
    throw e;
  }

  // simplify resolves "." and ".."; above keeps a ".." that leads out.
  function simplify(parts, above) {
    const out = [];
    for (const part of parts) {
      if (part === '' || part === '.') continue;
      if (part !== '..') out.push(part);
      else if (out.length > 0 && out[out.length - 1] !== '..') out.pop();
      else if (above) out.push('..');
    }
    return out.join('/');
  }

  function normalize(p) {
    if (text(p, 'path') === '') return '.';
    const absolute = p.startsWith('/');
    let out = simplify(p.split('/'), !absolute);
    if (out === '' && !absolute) out = '.';
    if (out !== '' && p.endsWith('/')) out += '/';
    return absolute ? '/' + out : out;
  }

  function join(...parts) {
    const joined = parts.filter((p) => text(p, 'path') !== '').join('/');
    return joined === '' ? '.' : normalize(joined);
  }

  function resolve(...parts) {
    let out = '';
    for (let i = parts.length - 1; i >= 0 && !out.startsWith('/'); i--) {
      if (text(parts[i], 'path') !== '') out = parts[i] + '/' + out;
    }
    if (!out.startsWith('/')) out = native.cwd() + '/' + out;
    return '/' + simplify(out.split('/'), false);
  }

  function relative(from, to) {
    const a = resolve(text(from, 'from')).split('/').filter(Boolean);
    const b = resolve(text(to, 'to')).split('/').filter(Boolean);
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same]) same++;
    return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
  }

  const trimmed = (p) => p.replace(/(?!^)\/+$/, '');

  function dirname(p) {
    const t = trimmed(text(p, 'path'));
    const at = t.lastIndexOf('/');
    if (at < 0) return '.';
    if (at === 1 && t.startsWith('//')) return '//';
    return t.slice(0, at) || '/';
  }

  function basename(p, suffix) {
    const t = trimmed(text(p, 'path'));
    if (p === suffix) return '';
    const base = t.slice(t.lastIndexOf('/') + 1);
    if (suffix !== undefined && base !== suffix && base.endsWith(text(suffix, 'suffix'))) return base.slice(0, base.length - suffix.length);
    return base;
  }

  function extname(p) {
    const base = basename(p);
    const at = base.lastIndexOf('.');
    return at <= 0 || base === '..' ? '' : base.slice(at);
  }

  function parse(p) {
    const root = text(p, 'path').startsWith('/') ? '/' : '';
    const base = basename(p);
    const ext = extname(p);
    const t = trimmed(p);
    return { root, dir: t.slice(0, Math.max(t.lastIndexOf('/'), 0)) || root, base, ext, name: base.slice(0, base.length - ext.length) };
  }

  function format({ root = '', dir, base, name = '', ext = '' }) {
    if (ext && !ext.startsWith('.')) ext = '.' + ext;
    const file = base || name + ext;
    if (!dir) return root + file;
    return dir === root ? dir + file : dir + '/' + file;
  }

  const path = {
    sep: '/', delimiter: ':', normalize, join, resolve, relative, dirname, basename, extname, parse, format,
    isAbsolute: (p) => text(p, 'path').startsWith('/'), toNamespacedPath: (p) => p,
  };
  path.posix = path;
  return path;
})
