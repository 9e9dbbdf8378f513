// Package flowtests runs the tests that users write for their flows: it starts
// the flow, injects messages, talks TCP, UDP and HTTP to it, and compares what the
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
// Sockets are real, but a step's times are those of the flow's clock, which skips
// time in which nothing happens ([run.wait], ADR 8): the engine knows that no
// message is under way, and neither a node nor a peer has done anything for a
// moment. That nothing comes is checked for such a time, or until the flow is
// quiet ([settle]): an upper bound for what the test itself has set off, without
// the timers of the flow. A machine that is too slow makes such a check weaker,
// and never makes it fail.
package flowtests
