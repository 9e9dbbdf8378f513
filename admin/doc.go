// Package admin is the HTTP interface of a running flowrun, compatible with
// Node-RED's admin API: the same paths, headers and JSON shapes, so that
// scripts written for Node-RED work.
//
//	GET  /flows             the flows that run
//	POST /flows             deploy
//	POST /inject/:id        press the button of an inject node
//	POST /debug/:id/:state  switch a debug node on (enable) or off (disable)
//	POST /debug/:state      the same for {"nodes": [ids]}
//	GET  /debug/view/view.html  a page that shows what debug nodes show
//	GET  /comms             the websocket of Node-RED's editor, see [Comms]
//	GET  /sessions          the sessions that are open
//	DELETE /sessions/:id    close one
//
// There is no authentication yet. So it listens on loopback addresses only, and
// refuses what a web page in a browser of this machine could send: requests
// with a foreign Host header (DNS rebinding) or a foreign Origin.
//
// An error is {"code":"…","message":"…"}.
//
// # Tap
//
// The tap shows what happens in the flows, live, and acts on them.
//
//	GET  /tap/ws            a websocket: frames, and commands
//	GET  /tap/nodes         the nodes that run
//	POST /tap/nodes/:id/:op a command: receive, send, error, warn, log, status
//	GET, PUT, DELETE /tap/context/global, /tap/context/flow/:id, /tap/context/node/:id
//
// The frames are those of [runtime.Frame], after a hello frame; ?node=, ?flow=
// and ?t= choose among them. With ?enc=typed their values are typed JSON (see
// package typedjson), and so are those of the client. A client that reads too
// slowly loses frames and gets {"t":"lost","n":…} in their place; flows never
// wait for it.
//
// A command is {"op":…,"id":…}, with
//
//	ping
//	receive  msg, raw: into the node's input; raw adds no _msgid
//	send     msg: as if the node had sent it, a message or a list for its ports
//	error    error, msg
//	warn, log  text
//	status   status
//	done     msg, error: the node is done with the message
//
// and, with a seq, is answered by {"t":"reply","seq":…,"ok":true}, or by false
// and an error: not_found, unknown_op.
//
// A context answers GET with {"value":…}: of ?key=, of the list ?multi=, or the
// list of all keys with ?keys. PUT takes {"key":…,"value":…,"store":…}, and
// ?store= is the store otherwise. Values are typed JSON.
package admin
