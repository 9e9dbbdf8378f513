// Package conformance runs flowrun through scenarios that were recorded with
// Node-RED and node-red-contrib-tcpip, and compares what it does with what they
// did. All of its code is in tests; nothing of it is part of the binary. The
// command in the folder nodered runs Node-RED's own specs.
//
//	go test ./conformance                          all scenarios
//	go test ./conformance -run TestScenarios/c10   those that begin with c10
//	FLOWRUN_BIN=PATH go test ./conformance         another binary than ./cmd/flowrun
//	go test ./conformance -update                  rewrite the declared differences
//	go test ./conformance -table FILE              write the summary
//
// # Scenarios
//
// A scenario (testdata/conformance/scenarios) is a flow and the steps that drive
// it from outside: injects, TCP and UDP peers, deploys. {{P1}} to {{P9}} are
// port numbers. Its name begins with a letter for what it is about: a
// tcp-listen, b tcp-connect, c tcp-send, d tcp-disconnect, e UDP, f flows with
// core nodes and deploys.
//
// Its transcript (testdata/conformance/transcripts) is what Node-RED 4.1 did:
// every message that each node sent, by node and port; status badges; logs; what
// the peers received and how their sockets ended; and how the steps went.
// Session ids, message ids, times and ports are normalised. The driver sees all
// of that from outside, through the trace file and its own sockets.
//
// # Differences
//
// Where flowrun does better on purpose, testdata/conformance/differences.yaml
// says so: which scenario, which point of docs/compatibility.md, why, and what
// flowrun does instead. A scenario must do exactly what its transcript says
// outside of its declared parts, and exactly what is declared inside. A declared
// difference that is gone is a failure too.
//
// # Network namespaces
//
// Scenarios that need name lookups, multicast or a port nobody listens on ask
// for a network of their own. They run in a new network and mount namespace with
// only a loopback interface and a name server that knows nothing, which takes
// Linux and root; elsewhere they are skipped. So are scenarios with what is not
// built yet.
package conformance
