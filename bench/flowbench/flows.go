package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
)

// node is a node of a flow file, in the JSON that Node-RED writes.
type node = map[string]any

// dialect writes the same flow for flowrun, which has session nodes, or for
// Node-RED, which has its core nodes.
type dialect int

const (
	sessionNodes dialect = iota
	coreNodes
)

// tcpFlow says what becomes of what a TCP client sends, before it goes back.
type tcpFlow struct {
	name    string
	line    bool // one message a line, else one for each chunk
	between func() []node
	answer  func(request []byte) []byte // nil: the request itself
}

func echoBinary() tcpFlow { return tcpFlow{name: "echo binary"} }

// tcpFlows are the flows that the plain server's bytes are compared with.
func tcpFlows() []tcpFlow {
	return []tcpFlow{
		echoBinary(),
		{name: "echo line", line: true},
		{name: "line → function → send", line: true, between: upperCase, answer: bytes.ToUpper},
		{name: "line → ten changes → send", line: true, between: tenChanges},
	}
}

func upperCase() []node {
	return []node{{"type": "function", "outputs": 1, "func": "msg.payload = msg.payload.toUpperCase();\nreturn msg;"}}
}

// tenChanges are change nodes that set a property each.
func tenChanges() []node {
	changes := make([]node, 10)
	for i := range changes {
		changes[i] = change(rule("step"+strconv.Itoa(i), "str", "done"))
	}
	return changes
}

func change(rules ...node) node { return node{"type": "change", "rules": rules} }

func rule(property, kind, value string) node {
	return node{"t": "set", "p": property, "pt": "msg", "to": value, "tot": kind}
}

// nodes returns the flow as a tab that serves addr; its ids begin with id.
func (f tcpFlow) nodes(d dialect, id, addr string) []node {
	var between []node
	if f.between != nil {
		between = f.between()
	}
	host, port := split(addr)
	mode, terminator, datatype, newline := "binary", "", "buffer", ""
	if f.line {
		mode, terminator, datatype, newline = "line", "lf", "utf8", `\n`
	}
	if d == coreNodes {
		in := node{
			"type": "tcp in", "server": "server", "host": "", "port": port,
			"datamode": "stream", "datatype": datatype, "newline": newline, "trim": f.line, // trim keeps the line end
		}
		out := node{"type": "tcp out", "beserver": "reply", "host": "", "port": "", "base64": false, "end": false}
		return chain(id, in, between, out, 0)
	}
	in := node{"type": "tcp-listen", "host": host, "port": port, "mode": mode}
	out := node{"type": "tcp-send", "lineTerminator": terminator}
	nodes := chain(id, in, between, out, 1)
	out["wires"] = in["wires"] // data of a session come out of the node that sent last
	return nodes
}

// udpNodes returns a tab that sends each datagram back to its sender.
func udpNodes(d dialect, addr string) []node {
	host, port := split(addr)
	in := node{"type": "udp-in", "address": host, "port": port, "mode": "binary"}
	toSender := change(rule("host", "msg", "rinfo.address"), rule("port", "msg", "rinfo.port"))
	out := node{"type": "udp-out"}
	output := 1
	if d == coreNodes {
		in = node{"type": "udp in", "iface": "", "port": port, "ipv": "udp4", "multicast": "false", "datatype": "buffer"}
		// The core nodes answer to msg.ip and msg.port by themselves; the change
		// node does the same work as the other one all the same.
		toSender = change(rule("host", "msg", "ip"), rule("to", "msg", "port"))
		out = node{"type": "udp out", "addr": "", "port": "", "outport": "", "iface": "", "ipv": "udp4", "multicast": "false", "base64": false}
		output = 0
	}
	return chain("udp", in, []node{toSender}, out, output)
}

// chain returns a tab with the nodes wired one after the other, beginning at an
// output of the first.
func chain(id string, in node, between []node, out node, output int) []node {
	nodes := append(append([]node{in}, between...), out)
	for i, n := range nodes {
		n["id"], n["z"] = fmt.Sprintf("%s-%d", id, i), id
		n["wires"] = []any{}
		if i+1 < len(nodes) {
			n["wires"] = []any{[]string{fmt.Sprintf("%s-%d", id, i+1)}}
		}
	}
	if output == 1 {
		in["wires"] = append([]any{[]string{}}, in["wires"].([]any)...)
	}
	return append([]node{{"id": id, "type": "tab", "label": id}}, nodes...)
}

// padding returns n nodes on the tab id, wired in a row, that get no message.
func padding(id string, n int) []node {
	nodes := make([]node, n)
	for i := range nodes {
		nodes[i] = change(rule("never", "str", "set"))
		nodes[i]["id"], nodes[i]["z"] = fmt.Sprintf("padding-%d", i), id
		nodes[i]["wires"] = []any{[]string{fmt.Sprintf("padding-%d", min(i+1, n-1))}}
	}
	if n > 0 {
		nodes[n-1]["wires"] = []any{[]string{}}
	}
	return nodes
}

func split(addr string) (host string, port uint16) {
	parsed := netip.MustParseAddrPort(addr) // of bench.FreeAddrs, so it is one
	return parsed.Addr().String(), parsed.Port()
}
