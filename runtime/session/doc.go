// Package session is the runtime store: the TCP connections and UDP sockets
// that are open, and which node gets what arrives on them.
//
// # Sessions and claims
//
// A [Session] is owned by the [Store], not by a node. The node that opened it
// is its lifecycle owner for good and hears of its life as an [Owner]. What
// arrives goes to the node that holds the data claim: at first the owner, then
// each tcp-send that sends on the session. Claims are held by node id. A node
// that is replaced by a new instance keeps them; when it is removed
// ([Store.Detach]) they fall back to the owner.
//
// # Concurrency
//
// A session has one goroutine that reads (and, for a connection that goes out,
// dials before), and one that writes, which lives only while there are bytes
// that the socket did not take at once. The reader frames a chunk under the
// session's lock for whoever holds the data claim at that moment and posts it
// to that node's flow, so everything that one flow gets from a session is in
// the order in which it happened: connected, data, disconnected.
//
// # Backpressure
//
// A chunk holds one of the session's few credits until all that it set off is
// done. A reply that waits in a write queue holds the credit of the chunk that
// asked for it. A session without credits is not read, and TCP slows the peer
// down: memory is bounded, and other sessions go on.
//
// # Ends
//
// When the peer ends its side, what it asked for is still answered: the session
// waits, not for ever, until its chunks are done and its queue is written.
// Lines held back and an unfinished line are handed out before that. An
// [Owner] hears of the end after the last data.
package session
