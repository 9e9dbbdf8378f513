// Package e2e tests what only shows with everything put together: the engine,
// the nodes, and clients on real sockets.
package e2e
