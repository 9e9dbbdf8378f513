// Package yamljs reads and writes YAML as js-yaml 4 does with its default
// schema, which is what Node-RED's yaml and template nodes use: key order is
// kept, dates are dates, !!binary is a Buffer, 0x10, 0o10 and 0b10 are numbers,
// yes and no are text.
//
// Three things differ. A node that contains itself (a recursive alias) is an
// error, since values are trees. A value that stands in two places is written
// twice, without anchor and alias. Errors name the line, not the column, and
// show no piece of the text.
package yamljs
