// Package admin is the HTTP interface of a running flowrun, compatible with
// Node-RED's admin API: the same paths, headers and JSON shapes, so that
// scripts written for Node-RED work.
//
//	GET  /flows             the flows that run
//	POST /flows             deploy
//	GET  /flows/state       whether they run, which they always do
//	GET, PUT, DELETE /flow/:id  one flow, or what is in none: /flow/global
//	POST /flow              add a flow
//	GET, DELETE /context/…  values as the debug sidebar shows them, for the scopes below
//	GET  /credentials/:type/:id  which credentials a node has, never their values
//	GET  /nodes, /nodes/:module, /nodes/:module/:set  the node types
//	GET  /settings, /diagnostics
//	POST /inject/:id        press the button of an inject node
//	POST /debug/:id/:state  switch a debug node on (enable) or off (disable)
//	POST /debug/:state      the same for {"nodes": [ids]}
//	GET  /debug/view/view.html  a page that shows what debug nodes show
//	GET  /comms             the websocket of Node-RED's editor, see [Comms]
//	GET  /status            the instance at a glance: version, uptime, what is wrong
//	GET  /healthz           200: the process is alive
//	GET  /readyz            200 while flows run, else 503 with the reason
//	GET  /metrics           counters for Prometheus, see package metrics
//	GET  /sessions          the sessions that are open; age and idle are in seconds
//	DELETE /sessions/:id    close one
//
// Without users it listens on loopback addresses only. It refuses what a web page
// in a browser could send behind the back of its user: requests with a foreign
// Host header (DNS rebinding) or a foreign Origin.
//
// # Who may do what
//
// With [Options].Auth a request needs a token, in a header (Authorization: Bearer
// TOKEN) or as ?access_token=; a websocket may name it as a subprotocol, flowrun
// with bearer.TOKEN, and /comms also takes Node-RED's {"auth": token}. What ends
// the token ends its websockets.
//
//	GET  /auth/login        how to log in; {} if nobody has to
//	POST /auth/token        a user name and a password for a token
//	POST /auth/revoke       end a token
//
// The permission that a request needs is the first part of its path with .read
// for a GET and .write for all else, as in Node-RED: flows.read, inject.write,
// tap.read. A token that lacks it gets 401.
//
// An error is {"code":"…","message":"…"}. While flowrun stops the API still tells
// how it is, but answers 503 to all that would change something.
//
// With [Options].Web what the API has no route for may be for a node that serves
// HTTP; none of this is about such requests.
//
// # Console
//
//	GET  /                  a page that shows the flows alive; its files are in console/
//	GET  /console/flows     the flows as it draws them, with positions
//	GET  /console/ws        a websocket: counters, samples, debug values, log, sessions
//	POST /console/plan      what a deploy of a flow file (JSON or YAML) would do
//	POST /console/deploy    do it
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
// slowly, or not at all for a while, loses frames and gets {"t":"lost","n":…} in
// their place; flows never wait for it.
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
