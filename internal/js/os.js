// The part of Node.js's os module that says where a flow runs.
(function (native) {
  const facts = native.os();
  return {
    EOL: facts.platform === 'win32' ? '\r\n' : '\n',
    hostname: () => facts.hostname,
    platform: () => facts.platform,
    type: () => ({ linux: 'Linux', darwin: 'Darwin', win32: 'Windows_NT', freebsd: 'FreeBSD', openbsd: 'OpenBSD' })[facts.platform] || facts.platform,
    arch: () => facts.arch,
    endianness: () => (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 'LE' : 'BE'),
    tmpdir: () => facts.tmpdir,
    homedir: () => facts.homedir,
    availableParallelism: () => facts.cpus,
  };
})
