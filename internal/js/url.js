// URL and URLSearchParams after the WHATWG URL Standard, for what flows use:
// special schemes, relative references, search parameters. Not done:
// internationalised host names and the rarer forms of IPv4 addresses.
(function (native) {
  const ports = { 'http:': '80', 'https:': '443', 'ws:': '80', 'wss:': '443', 'ftp:': '21' };

  const percent = (text, unsafe) => text.replace(unsafe, (c) => encodeURIComponent(c) === c
    ? '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
    : encodeURIComponent(c));
  const PATH = /[\0-\x20"#<>?`{}^]|[\x7f-\uffff]+/g;
  const QUERY = /[\0-\x20"#<>']|[\x7f-\uffff]+/g;
  const FRAGMENT = /[\0-\x20"<>`]|[\x7f-\uffff]+/g;
  const USER = /[\0-\x20"#<>?`{}/:;=@[\\\]^|]|[\x7f-\uffff]+/g;

  const formEncode = (s) => encodeURIComponent(s.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd'))
    .replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase())
    .replace(/%20/g, '+');
  const formDecode = (s) => s.replace(/\+/g, ' ').replace(/(%[0-9a-f]{2})+/gi,
    (run) => native.module('buffer').Buffer.from(run.replace(/%/g, ''), 'hex').toString());

  class URLSearchParams {
    #list = [];
    #changed = () => {};

    constructor(init, changed) {
      if (typeof changed === 'function') this.#changed = changed;
      if (init === undefined || init === null) return;
      if (typeof init === 'object') {
        const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
        for (const [k, v] of pairs) this.#list.push([String(k), String(v)]);
        return;
      }
      for (const part of String(init).replace(/^\?/, '').split('&')) {
        if (part === '') continue;
        const i = part.indexOf('=');
        this.#list.push(i < 0 ? [formDecode(part), ''] : [formDecode(part.slice(0, i)), formDecode(part.slice(i + 1))]);
      }
    }

    append(k, v) { this.#list.push([String(k), String(v)]); this.#changed(this); }
    delete(k, v) {
      this.#list = this.#list.filter((p) => p[0] !== String(k) || (v !== undefined && p[1] !== String(v)));
      this.#changed(this);
    }
    get(k) { const p = this.#list.find((p) => p[0] === String(k)); return p ? p[1] : null; }
    getAll(k) { return this.#list.filter((p) => p[0] === String(k)).map((p) => p[1]); }
    has(k, v) { return this.#list.some((p) => p[0] === String(k) && (v === undefined || p[1] === String(v))); }
    set(k, v) {
      const p = this.#list.find((p) => p[0] === String(k));
      if (!p) return this.append(k, v);
      p[1] = String(v);
      this.#list = this.#list.filter((q) => q === p || q[0] !== p[0]);
      this.#changed(this);
    }
    sort() { this.#list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)); this.#changed(this); }
    forEach(f, self) { for (const [k, v] of this.#list) f.call(self, v, k, this); }
    keys() { return this.#list.map((p) => p[0])[Symbol.iterator](); }
    values() { return this.#list.map((p) => p[1])[Symbol.iterator](); }
    entries() { return this.#list.map((p) => [p[0], p[1]])[Symbol.iterator](); }
    [Symbol.iterator]() { return this.entries(); }
    get size() { return this.#list.length; }
    toString() { return this.#list.map((p) => formEncode(p[0]) + '=' + formEncode(p[1])).join('&'); }
  }

  function invalid(input) {
    const e = new TypeError('Invalid URL');
    e.code = 'ERR_INVALID_URL';
    e.input = input;
    throw e;
  }

  function hostOf(text, special, input) {
    if (text[0] === '[') {
      if (!/^\[[0-9a-f:.]+\]$/i.test(text)) invalid(input);
      return text.toLowerCase();
    }
    if (special) {
      try { text = decodeURIComponent(text).toLowerCase(); } catch (e) { invalid(input); }
    }
    if (/[\0 #/:<>?@[\\\]^|]/.test(text) || (special && text === '')) invalid(input);
    return text;
  }

  function normalise(path) {
    const out = [];
    const parts = path.split('/').slice(1);
    parts.forEach((part, i) => {
      const plain = part.replace(/%2e/gi, '.');
      const last = i === parts.length - 1;
      if (plain === '..') { out.pop(); if (last) out.push(''); }
      else if (plain === '.') { if (last) out.push(''); }
      else out.push(percent(part, PATH));
    });
    return '/' + out.join('/');
  }

  class URL {
    #u;
    #params;

    constructor(input, base) {
      input = String(input);
      const text = input.replace(/^[\0-\x20]+|[\0-\x20]+$|[\t\n\r]/g, '');
      const m = /^([a-z][a-z0-9+.-]*:)(.*)$/is.exec(text);
      const from = base === undefined ? undefined : new URL(base);
      if (m && !(from && from.protocol === m[1].toLowerCase() && m[1].toLowerCase() in ports && !/^[/\\]{2}/.test(m[2]))) {
        this.#u = URL.#absolute(m[1].toLowerCase(), m[2], input);
      } else if (from) {
        this.#u = URL.#relative(m ? m[2] : text, from.#u, input);
      } else {
        invalid(input);
      }
      this.#params = new URLSearchParams(this.#u.search, (p) => {
        const s = p.toString();
        this.#u.search = s && '?' + s;
      });
    }

    static canParse(input, base) {
      try { new URL(input, base); return true; } catch (e) { return false; }
    }

    static #absolute(protocol, rest, input) {
      const u = { protocol, username: '', password: '', hostname: '', port: '', pathname: '', search: '', hash: '', opaque: false };
      const special = protocol in ports || protocol === 'file:';
      [, rest, u.search, u.hash] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(rest).map((s) => s || '');
      URL.#tail(u);
      if (special) rest = rest.replace(/\\/g, '/');
      if (special && protocol !== 'file:') rest = '//' + rest.replace(/^\/*/, '');
      if (!rest.startsWith('//')) {
        u.opaque = !rest.startsWith('/') && !special;
        u.pathname = u.opaque ? rest : normalise(rest.startsWith('/') ? rest : '/' + rest);
        return u;
      }
      const [, authority, path] = /^\/\/([^/]*)(.*)$/s.exec(rest);
      const at = authority.lastIndexOf('@');
      if (at >= 0) {
        const [, user, password] = /^([^:]*):?(.*)$/s.exec(authority.slice(0, at));
        u.username = percent(user, USER);
        u.password = percent(password, USER);
      }
      const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority.slice(at + 1)) || invalid(input);
      if (protocol === 'file:') u.hostname = host === 'localhost' ? '' : host;
      else u.hostname = hostOf(host, special, input);
      if (port) {
        if (!/^\d+$/.test(port) || Number(port) > 65535) invalid(input);
        u.port = String(Number(port));
        if (ports[protocol] === u.port) u.port = '';
      }
      u.pathname = path === '' && !special ? '' : normalise(path || '/');
      return u;
    }

    static #relative(text, base, input) {
      const special = base.protocol in ports || base.protocol === 'file:';
      if (special) text = text.replace(/^[^?#]*/, (s) => s.replace(/\\/g, '/'));
      if (text.startsWith('//')) return URL.#absolute(base.protocol, text, input);
      const u = { ...base };
      const [, path, search, hash] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text);
      if (base.opaque && (path || search)) invalid(input);
      u.hash = hash || '';
      if (path || search) u.search = search || '';
      if (path.startsWith('/')) u.pathname = normalise(path);
      else if (path) u.pathname = normalise(base.pathname.replace(/[^/]*$/, '') + path);
      URL.#tail(u);
      return u;
    }

    static #tail(u) {
      u.search = u.search === '?' ? '' : percent(u.search, QUERY);
      u.hash = u.hash === '#' ? '' : percent(u.hash, FRAGMENT);
    }

    get protocol() { return this.#u.protocol; }
    set protocol(v) { this.#u.protocol = String(v).replace(/:?$/, ':').toLowerCase(); }
    get username() { return this.#u.username; }
    set username(v) { this.#u.username = percent(String(v), USER); }
    get password() { return this.#u.password; }
    set password(v) { this.#u.password = percent(String(v), USER); }
    get hostname() { return this.#u.hostname; }
    set hostname(v) { this.#u.hostname = hostOf(String(v), this.protocol in ports, v); }
    get port() { return this.#u.port; }
    set port(v) {
      v = String(v);
      if (v === '') this.#u.port = '';
      else if (/^\d+/.test(v) && parseInt(v, 10) <= 65535) {
        this.#u.port = String(parseInt(v, 10));
        if (ports[this.protocol] === this.#u.port) this.#u.port = '';
      }
    }
    get host() { return this.hostname + (this.port && ':' + this.port); }
    set host(v) {
      const m = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(String(v));
      if (m) { this.hostname = m[1]; if (m[2]) this.port = m[2]; }
    }
    get pathname() { return this.#u.pathname; }
    set pathname(v) { if (!this.#u.opaque) this.#u.pathname = normalise(String(v).replace(/^(?!\/)/, '/')); }
    get search() { return this.#u.search; }
    set search(v) {
      this.#u.search = String(v).replace(/^(?=[^?])/, '?');
      URL.#tail(this.#u);
      this.#params = new URLSearchParams(this.#u.search, (p) => { const s = p.toString(); this.#u.search = s && '?' + s; });
    }
    get hash() { return this.#u.hash; }
    set hash(v) { this.#u.hash = String(v).replace(/^(?=[^#])/, '#'); URL.#tail(this.#u); }
    get searchParams() { return this.#params; }
    get origin() { return this.protocol in ports ? this.protocol + '//' + this.host : 'null'; }
    get href() {
      const u = this.#u;
      const user = u.username || u.password ? u.username + (u.password && ':' + u.password) + '@' : '';
      const slashes = u.hostname || u.protocol === 'file:' ? '//' : '';
      return u.protocol + slashes + user + this.host + u.pathname + u.search + u.hash;
    }
    set href(v) { const other = new URL(v); this.#u = other.#u; this.search = this.#u.search; }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }

  return { URL, URLSearchParams };
})
