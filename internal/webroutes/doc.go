// Package webroutes is where nodes serve HTTP: a [Table] of routes that nodes add
// and take away while requests come in, and a handler for the server that has it.
// That is the admin server, beside the API, or one of its own.
//
// Routes match as those of Express 4 do, which Node-RED has: paths with
// parameters, wildcards and pieces of regular expressions, in the order in which
// they came in; a GET route also serves HEAD; OPTIONS without a route of its own
// is answered with the methods that there are. A route belongs to a node, by id.
// While the node is being replaced its route stays, and requests wait for it.
//
// A request to upgrade the connection, which is what a websocket begins with, goes
// to a route with the method [Upgrade], whose path is taken as it stands:
//
//	err := table.Handle(env.ID, webroutes.Route{Method: webroutes.Upgrade, Path: path, Serve: n.serve})
//	…
//	table.Release(env.ID, reason) // when the node stops
package webroutes
