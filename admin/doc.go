// Package admin is the HTTP interface of a running flowrun, compatible with
// Node-RED's admin API: the same paths, headers and JSON shapes, so that
// scripts written for Node-RED work.
//
//	GET  /flows        the flows that run
//	POST /flows        deploy
//	POST /inject/:id   press the button of an inject node
//
// There is no authentication yet. So it listens on loopback addresses only, and
// refuses what a web page in a browser of this machine could send: requests
// with a foreign Host header (DNS rebinding) or a foreign Origin.
//
// An error is {"code":"…","message":"…"}.
package admin
