// Package flowfile reads, checks, prints and converts flow files: what Node-RED
// exports as JSON, the same as YAML, and a form of YAML that is pleasant to
// write by hand. Every problem has a place; reading goes on after one, so that
// all of them are found at once.
//
// # Forms
//
// The flat form is Node-RED's: a list of objects with id, type and z (the tab
// or subflow they are in), alone or in {"flows": […], "rev": …}. A file may
// also be one flow as the /flow/:id API has it: {"id", "label", "nodes": […],
// "configs": […], "subflows": […]}.
//
// In hand form nodes stand under their flow, as maps by id:
//
//		flows:
//		  echo:
//		    label: Echo server
//		    env: {PORT: 7777}
//		    nodes:
//		      listen:
//		        type: tcp-listen
//		        port: ${PORT}
//		        mode: line
//		        wires: [[], send]
//		      send: {type: tcp-send, lineTerminator: crlf}
//		configs:
//		  cert: {type: tls-config}
//
//	  - A flow has any properties of a tab, and nodes, configs (nodes that are on
//	    no canvas), and groups. Beside flows there may be subflows, which look the
//	    same, and configs and groups outside of any flow.
//	  - What stands under nodes is a flow node, with or without x and y.
//	  - A wire is an id or a list of ids. "wires: send" is one output, wired to
//	    send; "wires: [a, b]" wires output 1 to a and output 2 to b; "wires:
//	    [[a, c], b]" wires output 1 to both a and c.
//	  - env is a map of names and values. What is neither text, number, boolean,
//	    list nor object is written {type: env, value: NAME}, or as Node-RED's list.
//	  - A file that is one flow may have nodes at the top, with label and env
//	    beside it. Its id is the name of the file, unless it has an id.
//
// # YAML
//
// Values without quotes mean what the core schema of YAML 1.2 says: yes, no and
// dates are text. An id is always text, as it is written: 1e5 needs no quotes.
// Anchors, aliases and << work, within limits.
//
// # What runs
//
// [Flows.Expand] returns the flows as an engine runs them: instances of subflows
// have become nodes, and link nodes wires (expand.go). [Flows.SplitCredentials]
// takes out before what must not be shown (credentials.go).
//
// # Environment
//
// [NewEnv] evaluates the environment tables; [Env.Lookup] finds a variable for a
// node; [Substitute] puts variables into its properties and [Expand] into a
// typed input. All four follow Node-RED.
package flowfile
