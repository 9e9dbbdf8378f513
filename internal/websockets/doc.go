// Package websockets is what the websocket nodes share: a [Hub] has the
// connections of a websocket-listener or websocket-client, and knows the
// websocket in and websocket out nodes that use them.
//
// # In
//
// Each connection has a reader. What it reads becomes a message for each
// websocket in node, in order. A message takes one of the connection's credits,
// so a peer is read no faster than the flows handle what it sends.
//
// # Out
//
// What is sent waits in a queue of the connection for its writer. Whoever caused
// it waits too, as long as the peer takes something in at all: so a source that
// broadcasts goes no faster than its listeners. For a peer that lets a write wait
// for longer than a moment nobody waits any more. Its queue grows to a limit,
// then the connection is cut.
package websockets
