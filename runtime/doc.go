// Package runtime is the engine: it builds the nodes of flow files, runs them,
// and replaces them on a deploy.
//
// # Who runs what
//
// A flow (a tab) has one goroutine, its loop. It takes a task from its inbox (a
// chunk that a socket's reader framed, a timer that fired, a button), runs it,
// and then delivers what it sent, and what that sent, first in first out, until
// nothing is left; then the next task. So the order is Node-RED's: breadth
// first, wires from top to bottom. Nodes that stand in no flow share one loop.
// A source that has just posted may run an idle loop on its own goroutine; one
// goroutine at a time does.
//
// # Guarantees
//
//   - A node's Handle, Command and Tasks never run at the same time as those of
//     another node of its flow.
//   - Messages from one node to another arrive in the order in which they were
//     sent. Tasks of one node run in the order in which they were posted.
//   - A message is delivered once, or not at all: only if its target is not
//     there any more when its turn comes.
//   - No branch sees what another one does to a message.
//   - Posting never blocks. The number of messages in flight is bounded by the
//     sources: a source posts only while it has credits, and gets a credit back
//     when the last message that came of it is done (see flow.Cause).
//   - A loop in the graph takes turns with the inbox: after some deliveries the
//     next task runs.
//
// # Places
//
// A node's place holds what outlives its instance: its wires, its counters, its
// status, and its position in the loop's queue. A deploy that replaces an
// instance leaves the place, so nothing in flight is lost.
//
// # What runs
//
// The engine runs expanded flows (flowfile's Expand): an instance of a subflow is
// a node that passes messages on to copies of the definition's nodes, and link
// out nodes are wired to link in nodes. All that is left to do for subflows is
// named in build.go. A wire to another flow, and so a link, goes through that
// flow's inbox; link calls and their replies are in link.go.
package runtime
