// Package flowtests runs the tests that users write for their flows: it starts
// the flow, injects messages, talks TCP and UDP to it, and compares what the
// nodes and the peers get with what the test expects. docs/testing.md is the
// reference of the format.
//
// # A test
//
// [Load] reads test files and checks them against their flows, so that a
// misspelt key or node is reported before anything runs, with its place. [Run]
// runs the tests in parallel. Each has an engine, a context and ports of its
// own: no test sees another one.
//
// # Time
//
// Flows run with real sockets, and so in real time. That something comes is
// waited for, at most for the step's "within". That nothing comes is checked
// until the flow is quiet: the engine knows that no message is under way, and
// neither a node nor a peer has done anything for a moment ([settle]). That is
// an upper bound for what the test itself has set off, but timers of the flow
// that are still to fire do not count; who expects nothing from one of them
// gives a time to wait with "for". A machine that is too slow makes such a check
// weaker, and never makes it fail.
package flowtests
