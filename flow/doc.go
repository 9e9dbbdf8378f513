// Package flow is the vocabulary of flowrun: messages and their values, what a
// node is, what a node may do, and the registry of node types. It imports
// nothing else of the project, so the code of a node reads alone.
//
// # Values
//
// A [Value] is one of
//
//	nil       undefined
//	Null      null
//	bool      float64      string
//	Date      a moment, milliseconds since 1970
//	Buffer    bytes
//	Array     a list of values
//	*Object   properties in the order in which they were set
//
// and anything else is opaque: carried, never looked into.
//
// Values are immutable once they are in a [Message]. Who builds one may fill it
// (Object.Set, append to an Array) until it goes into a message; after that a
// change is made with [Message.SetPath], which copies what it changes on the
// way and nothing else. So a message that fans out to several wires costs one
// small struct a wire, and no branch ever sees what another one does.
//
// # Nodes
//
// A flow is one goroutine, its loop. The loop calls a node's [Node.Handle]
// with one message at a time, so nodes of a flow need no locks, and Handle must
// not block. Whatever waits (sockets, timers, files) has goroutines of its own
// that hand their results to the loop with [Env.Post].
package flow
