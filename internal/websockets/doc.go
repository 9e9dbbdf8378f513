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
// it waits too: so a source is no faster than its listeners. But nobody waits for
// a peer that is some seconds behind, until it has taken all that there is for it.
// A connection whose queue is full is cut.
package websockets
