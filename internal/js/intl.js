// The global Intl, and comparing strings.
(function (native) {
  const { memo, find, supported, reader, refuse } = native.module(' locale');

  // comparer returns a function that compares two strings, and what it goes by.
  const comparer = memo(function (locales, options, service) {
    if (options === null) throw new TypeError('Cannot convert undefined or null to object');
    options = options === undefined ? {} : Object(options);
    const { tag } = find(locales);
    const get = reader(options, service);
    refuse(options, service, { usage: ['sort'], caseFirst: ['false'], collation: ['default'] });
    const o = {
      locale: tag, usage: 'sort', sensitivity: get('sensitivity', ['base', 'accent', 'case', 'variant'], 'variant'),
      ignorePunctuation: get('ignorePunctuation', 'boolean', false), collation: 'default',
      numeric: get('numeric', 'boolean', false), caseFirst: 'false',
    };
    return { compare: native.comparer(tag, o.sensitivity, o.numeric, o.ignorePunctuation), options: o };
  });

  function Collator(locales, options) {
    const { compare, options: o } = comparer(locales, options, 'Intl.Collator');
    const self = Object.create(Collator.prototype);
    Object.defineProperty(self, 'compare', { value: (a, b) => compare(String(a), String(b)) });
    Object.defineProperty(self, 'resolvedOptions', { value: () => Object.assign({}, o) });
    return self;
  }
  Collator.supportedLocalesOf = supported;
  Object.defineProperty(Collator.prototype, Symbol.toStringTag, { value: 'Intl.Collator', configurable: true });

  // localeCompare is the method of the prototype; this comes first.
  function localeCompare(v, that, locales, options) {
    if (v === undefined || v === null) throw new TypeError('String.prototype.localeCompare called on null or undefined');
    return comparer(locales, options, 'String.prototype.localeCompare').compare(String(v), String(that));
  }

  const Intl = { Collator };
  for (const [name, module] of [['DateTimeFormat', ' dates'], ['NumberFormat', ' numbers']]) {
    Object.defineProperty(Intl, name, { value: native.module(module)[name], writable: true, configurable: true });
  }
  Intl.getCanonicalLocales = native.module(' locale').canonicalAll;
  Object.defineProperty(Intl, Symbol.toStringTag, { value: 'Intl', configurable: true });
  return { Intl, localeCompare };
})
