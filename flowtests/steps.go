package flowtests

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// step is one step of a test.
type step interface {
	run(ctx context.Context, r *run) *Failure
}

// opener is a step that opens something which the flow may connect to as soon
// as it starts.
type opener interface {
	step
	opens()
}

// place is where a step stands in its file.
type place struct{ at flowfile.Pos }

// fail makes a failure of a step.
func (p place) fail(format string, args ...any) *Failure {
	return &Failure{Pos: p.at, Text: fmt.Sprintf(format, args...)}
}

// verbs are the steps by the key that names them. In a function: order has
// steps of its own.
func verbs() map[string]func(*stepParser, *fields, place) step {
	return map[string]func(*stepParser, *fields, place) step{
		"inject":  (*stepParser).inject,
		"expect":  func(p *stepParser, f *fields, at place) step { return p.expect(f, "expect", at) },
		"absent":  (*stepParser).absent,
		"order":   (*stepParser).order,
		"connect": (*stepParser).connect,
		"listen":  (*stepParser).listen,
		"accept":  (*stepParser).accept,
		"udp":     (*stepParser).udp,
		"send":    (*stepParser).send,
		"receive": (*stepParser).receive,
		"silent":  (*stepParser).silent,
		"closed":  (*stepParser).closed,
		"end":     func(p *stepParser, f *fields, at place) step { return p.hangUp(f, "end", at) },
		"close":   func(p *stepParser, f *fields, at place) step { return p.hangUp(f, "close", at) },
		"reset":   func(p *stepParser, f *fields, at place) step { return p.hangUp(f, "reset", at) },
		"wait":    (*stepParser).wait,

		"request":  (*stepParser).request,
		"response": (*stepParser).response,
	}
}

// stepParser reads the steps of one test.
type stepParser struct {
	*reader
	nodes nodeIndex
	setup Setup
	peers map[string]peerKind // that are open by now
}

// step reads one step, nil if it is none.
func (p *stepParser) step(n *yaml.Node) step {
	f := p.fields(n, "a step")
	if f.entries == nil {
		return nil
	}
	known := verbs()
	var found []string
	for _, e := range f.entries {
		if known[e.key.Value] != nil {
			found = append(found, e.key.Value)
		}
	}
	switch len(found) {
	case 1:
	case 0:
		names := slices.Sorted(maps.Keys(known))
		p.fail(n, fmt.Sprintf("there is no step %q", f.entries[0].key.Value), "the steps are "+strings.Join(names, ", "))
		return nil
	default:
		p.fail(n, "two steps in one: "+strings.Join(found, " and "), "begin each with a dash of its own")
		return nil
	}
	f.what = "the step " + found[0]
	before := len(p.problems)
	s := known[found[0]](p, f, place{p.pos(n)})
	f.done()
	if len(p.problems) > before {
		return nil
	}
	return s
}

// message reads what a step says of a message: message, or payload alone.
func (p *stepParser) message(f *fields) *yaml.Node {
	whole, payload := f.get("message"), f.get("payload")
	switch {
	case whole != nil && payload != nil:
		f.fail(payload, "message and payload side by side", "put the payload into the message")
	case payload != nil:
		return mapOf("payload", payload)
	}
	return whole
}

// mapOf returns a map with one value, at its place.
func mapOf(key string, value *yaml.Node) *yaml.Node {
	name := &yaml.Node{Kind: yaml.ScalarNode, Value: key, Line: value.Line, Column: value.Column}
	return &yaml.Node{Kind: yaml.MappingNode, Line: value.Line, Column: value.Column, Content: []*yaml.Node{name, value}}
}

func (p *stepParser) inject(f *fields, at place) step {
	s := &inject{place: at, node: p.nodes.find(p.reader, f.get("inject")), output: f.output()}
	if n := p.message(f); n != nil {
		s.message = p.object(n, "message")
	}
	switch {
	case s.output >= 0 && s.message == nil:
		f.missing("message or payload", "it is sent from this output")
	case s.message != nil && s.output < 0 && p.nodes.sources[p.nodes.types[s.node]]:
		s.output = 0
	}
	return s
}

// expect reads what is expected of a node; the verb names it.
func (p *stepParser) expect(f *fields, verb string, at place) *expect {
	s := &expect{place: at, within: p.setup.Within}
	s.what.node = p.nodes.find(p.reader, f.get(verb))
	s.what.output = f.output()
	s.what.kind = received
	if s.what.output >= 0 {
		s.what.kind = sent
	}
	message, exact, badge, failure := p.message(f), f.get("exact"), f.get("status"), f.get("error")
	given := 0
	for _, n := range []*yaml.Node{message, exact, badge, failure} {
		if n != nil {
			given++
			s.want, s.wants = p.wanted(n), true
		}
	}
	if given > 1 {
		f.fail(f.node, "it expects several things at once", "use one of message, payload, exact, status and error")
	}
	s.exact = exact != nil
	if badge != nil || failure != nil {
		s.what.kind, s.skip = status, true
		if failure != nil {
			s.what.kind = failed
		} else if text, ok := s.want.(string); ok {
			s.want = flow.NewObject("text", text)
		}
		if s.what.output >= 0 {
			f.fail(f.node, "a status or an error has no output", "leave the output out")
		}
		s.what.output = -1
	}
	if verb == "expect" {
		s.skip = f.flag("skip") || s.skip
		s.within = f.duration("within", s.within)
	}
	return s
}

func (p *stepParser) absent(f *fields, at place) step {
	s := &absent{expect: *p.expect(f, "absent", at)}
	s.window = f.duration("for", 0)
	return s
}

func (p *stepParser) order(f *fields, at place) step {
	s := &order{place: at}
	list := target(f.get("order"))
	if list.Kind != yaml.SequenceNode || len(list.Content) < 2 {
		f.fail(list, "order must be a list of two or more things to expect", "such as - expect: NODE")
		return nil
	}
	for _, n := range list.Content {
		inner := p.fields(n, "an entry of order")
		if inner.get("expect") == nil {
			inner.missing("expect", "order is about what nodes get and send")
			continue
		}
		s.list = append(s.list, p.expect(inner, "expect", place{p.pos(n)}))
		inner.done()
	}
	return s
}

// port reads the port of a step.
func (p *stepParser) port(f *fields) string {
	n := f.get("port")
	if n == nil {
		f.missing("port", "a number, or the name of one of the ports of the test")
		return ""
	}
	name := strings.TrimSuffix(strings.TrimPrefix(p.text(n, "port"), "${"), "}")
	if _, err := parsePort(name); err != nil && !slices.Contains(p.setup.Ports, name) {
		p.fail(n, fmt.Sprintf("there is no port %q", name), "write a number, or a name that stands in ports")
	}
	return name
}

func (p *stepParser) host(f *fields) string {
	if n := f.get("host"); n != nil {
		return p.text(n, "host")
	}
	return "127.0.0.1"
}

// open makes a peer known to the steps that follow.
func (p *stepParser) open(f *fields, verb string, kind peerKind) string {
	n := f.get(verb)
	name := p.text(n, "the name of a peer")
	if p.peers[name] != 0 {
		p.fail(n, fmt.Sprintf("there is a peer %q already", name), "give this one another name")
	}
	p.peers[name] = kind
	return name
}

// peer reads the name of a peer that is open, of one of some kinds.
func (p *stepParser) peer(f *fields, key string, kinds ...peerKind) string {
	n := f.get(key)
	if n == nil {
		f.missing(key, "the name of a peer")
		return ""
	}
	name := p.text(n, "the name of a peer")
	switch kind := p.peers[name]; {
	case kind == 0:
		p.fail(n, fmt.Sprintf("there is no peer %q at this point", name), "open it before, with connect, accept, listen, udp or request")
	case !slices.Contains(kinds, kind):
		p.fail(n, fmt.Sprintf("%q is %s, and cannot do this", name, kind), "")
	}
	return name
}

func (p *stepParser) connect(f *fields, at place) step {
	return &connect{at, p.open(f, "connect", tcpPeer), p.host(f), p.port(f), f.duration("within", p.setup.Within)}
}

func (p *stepParser) listen(f *fields, at place) step {
	return &listen{at, p.open(f, "listen", tcpServer), p.host(f), p.port(f)}
}

func (p *stepParser) accept(f *fields, at place) step {
	return &accept{at, p.open(f, "accept", tcpPeer), p.peer(f, "from", tcpServer), f.duration("within", p.setup.Within)}
}

func (p *stepParser) udp(f *fields, at place) step {
	s := &openUDP{place: at, name: p.open(f, "udp", udpPeer), host: p.host(f), port: "0"}
	if f.get("port") != nil {
		s.port = p.port(f)
	}
	return s
}

func (p *stepParser) send(f *fields, at place) step {
	s := &send{place: at, name: p.peer(f, "send", tcpPeer, udpPeer)}
	d := p.data(f, false)
	s.bytes = d.bytes
	s.bytesAreText = d.text
	if p.peers[s.name] == udpPeer {
		s.host, s.port = p.host(f), p.port(f)
	}
	return s
}

func (p *stepParser) receive(f *fields, at place) step {
	return &receive{at, p.peer(f, "receive", tcpPeer, udpPeer), p.data(f, true), f.duration("within", p.setup.Within)}
}

func (p *stepParser) silent(f *fields, at place) step {
	return &silent{at, p.peer(f, "silent", tcpPeer, udpPeer), f.duration("for", 0)}
}

func (p *stepParser) closed(f *fields, at place) step {
	s := &closed{place: at, name: p.peer(f, "closed", tcpPeer)}
	if n := f.get("how"); n != nil {
		if s.how = p.text(n, "how"); s.how != endOfStream && s.how != resetByPeer {
			f.fail(n, fmt.Sprintf("a connection cannot end by %q", s.how), "use eof or reset")
		}
	}
	s.within = f.duration("within", p.setup.Within)
	return s
}

func (p *stepParser) hangUp(f *fields, verb string, at place) step {
	if verb == "close" {
		return &hangUp{at, p.peer(f, verb, tcpPeer, udpPeer, tcpServer), verb}
	}
	return &hangUp{at, p.peer(f, verb, tcpPeer), verb}
}

func (p *stepParser) wait(f *fields, at place) step {
	return &wait{at, f.duration("wait", time.Second)}
}

// data is bytes that a peer sends or gets.
type data struct {
	bytes   []byte
	text    bool             // ${NAME} in it stands for a variable
	line    bool             // a line, without its end in bytes
	pattern *jsregexp.Regexp // a line, or a datagram, that matches
}

// data reads text, line or hex; for what is received pattern too.
func (p *stepParser) data(f *fields, receives bool) data {
	keys := []string{"text", "line", "hex"}
	if receives {
		keys = append(keys, "pattern")
	}
	var d data
	given := 0
	for _, key := range keys {
		n := f.get(key)
		if n == nil {
			continue
		}
		given++
		var err error
		switch text := target(n).Value; key {
		case "text":
			d.bytes, d.text = []byte(text), true
		case "line":
			d.bytes, d.text, d.line = []byte(text), true, true
			if !receives {
				d.bytes = append(d.bytes, '\n')
			}
		case "hex":
			d.bytes, err = parseHex(text)
		case "pattern":
			d.pattern, err = jsregexp.Compile(text, "")
		}
		if err != nil {
			f.fail(n, err.Error(), "")
		}
	}
	if given != 1 {
		f.missing("one of "+strings.Join(keys, ", "), "")
	}
	return d
}
