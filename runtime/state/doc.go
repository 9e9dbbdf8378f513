// Package state holds what nodes remember between messages: Node-RED's context,
// in three kinds of scopes (one a node, one a flow, one global), each with the
// values of every store.
//
// Values are immutable flow values, so what Get returns may be read for ever;
// Set copies along its path what it changes. All of the package is safe for
// concurrent use.
package state
