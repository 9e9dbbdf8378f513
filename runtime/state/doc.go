// Package state holds what nodes remember between messages: Node-RED's context,
// in three kinds of scopes (one a node, one a flow, one global), each with the
// values of every store. A store keeps its values in memory or, as Node-RED's
// localfilesystem, in memory and in files.
//
// Values are immutable flow values, so what Get returns may be read for ever;
// Set copies along its path what it changes. All of the package is safe for
// concurrent use, and each operation happens as a whole or not at all.
//
// # Files
//
// A store in files has one file a scope, JSON with the scope's keys:
//
//	DIR/global/global.json       the global context
//	DIR/FLOW/flow.json           of a flow, or of a node outside of all flows
//	DIR/FLOW/NODE.json           of a node
//
// They are read when the stores are opened and written some time after a
// change, at the latest when the stores are closed. A write replaces the whole
// file by a new one, so a crash loses what was set since the last write and
// never leaves half a file. The layout is that of Node-RED's store, and so are
// its limits: a Buffer or a Date comes back as what JSON makes of it.
package state
