// Package js is the JavaScript of flowrun: goja with what Node.js adds to the
// language (Buffer, URL, util, timers …), and the conversion between flow
// values and JavaScript values.
//
// Values are copied in both directions. JavaScript gets native objects that it
// may change as it likes; a flow value, once made, is never changed. Buffers
// are copied too, so nobody shares bytes. A message is copied as far as a script
// looks at it: see [Message].
//
// What Node.js adds is written in JavaScript (*.js) where that is short, over a
// few primitives in Go. It is loaded when a script first touches it.
package js
