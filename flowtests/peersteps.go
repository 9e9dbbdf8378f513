package flowtests

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// The steps that are about peers.

// connect opens a connection to the flow.
type connect struct {
	place
	name, host, port string
	within           time.Duration
}

func (s *connect) run(ctx context.Context, r *run) *Failure {
	if err := r.peers.dial(ctx, s.name, r.address(s.host, s.port), s.within); err != nil {
		return s.fail("%s cannot connect: %v", s.name, err)
	}
	return nil
}

// listen opens a server for the flow to connect to.
type listen struct {
	place
	name, host, port string
}

func (s *listen) opens() {}

func (s *listen) run(ctx context.Context, r *run) *Failure {
	if err := r.peers.listen(ctx, s.name, r.address(s.host, s.port)); err != nil {
		return s.fail("%s cannot listen: %v", s.name, err)
	}
	return nil
}

// accept waits for the flow to connect to a server.
type accept struct {
	place
	name, from string
	within     time.Duration
}

func (s *accept) run(ctx context.Context, r *run) *Failure {
	if err := r.peers.accept(ctx, s.name, s.from, s.within); err != nil {
		return s.fail("%s: %v", s.from, err)
	}
	return nil
}

// openUDP opens a UDP socket.
type openUDP struct {
	place
	name, host, port string
}

func (s *openUDP) opens() {}

func (s *openUDP) run(_ context.Context, r *run) *Failure {
	if err := r.peers.openUDP(s.name, r.address(s.host, s.port)); err != nil {
		return s.fail("%s cannot be opened: %v", s.name, err)
	}
	return nil
}

// send sends bytes to the flow.
type send struct {
	place
	name         string
	bytes        []byte
	bytesAreText bool
	host, port   string // of a datagram
}

func (s *send) run(_ context.Context, r *run) *Failure {
	b, to := s.bytes, ""
	if s.bytesAreText {
		b = []byte(r.vars.Replace(string(b)))
	}
	if s.port != "" {
		to = r.address(s.host, s.port)
	}
	if err := r.peers.byName[s.name].write(b, to); err != nil {
		return s.fail("%s cannot send: %v", s.name, err)
	}
	r.board.update(func() {}) // what comes of this is still to happen
	return nil
}

// receive waits for bytes from the flow.
type receive struct {
	place
	name   string
	want   data
	within time.Duration
}

func (s *receive) run(ctx context.Context, r *run) *Failure {
	want := s.want
	if want.text {
		want.bytes = []byte(r.vars.Replace(string(want.bytes)))
	}
	box := r.peers.byName[s.name].box()
	var v verdict
	var got []byte
	var end string
	r.await(ctx, s.within, func() bool {
		_, isUDP := r.peers.byName[s.name].(*socket)
		if isUDP {
			v, got = want.takePacket(box)
		} else {
			v, got = want.takeStream(box)
		}
		end = box.end
		return v != undecided || end != ""
	})
	if v == taken {
		return nil
	}
	var f *Failure
	switch {
	case v == refused:
		f = s.fail("%s gets something else", s.name)
	case end != "":
		f = s.fail("the connection %s has ended (%s) before all of it came", s.name, end)
	default:
		f = s.fail("%s does not get all of it within %v", s.name, s.within)
	}
	f.Rows = []Row{{Want: want.shown(), Got: s.shownGot(got), Differs: true}}
	return f
}

func (s *receive) shownGot(got []byte) string {
	switch {
	case len(got) == 0:
		return "nothing"
	case s.want.pattern != nil, s.want.line:
		return show(flow.DecodeUTF8(got))
	case s.want.text:
		return show(flow.Buffer(got))
	}
	return showHex(got)
}

func (d data) shown() string {
	switch {
	case d.pattern != nil:
		return "{pattern: " + show(d.pattern.String()) + "}"
	case d.line:
		return show(string(d.bytes))
	case d.text:
		return show(flow.Buffer(d.bytes))
	}
	return showHex(d.bytes)
}

// verdict is whether bytes are those that are expected.
type verdict int

const (
	undecided verdict = iota // more may come
	taken
	refused
)

// takeStream takes bytes off a connection's stream if they are as expected. got
// is what was looked at.
func (d data) takeStream(box *inbox) (v verdict, got []byte) {
	if d.line || d.pattern != nil {
		line, rest, whole := bytes.Cut(box.stream, []byte("\n"))
		if !whole {
			return undecided, box.stream
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if !d.matches(line) {
			return refused, line
		}
		box.stream = rest
		return taken, line
	}
	got = box.stream[:min(len(box.stream), len(d.bytes))]
	switch {
	case !bytes.HasPrefix(d.bytes, got):
		return refused, box.stream[:min(len(box.stream), len(d.bytes)+maxShown)]
	case len(got) < len(d.bytes):
		return undecided, got
	}
	box.stream = box.stream[len(got):]
	return taken, got
}

// takePacket takes the next datagram if it is as expected.
func (d data) takePacket(box *inbox) (v verdict, got []byte) {
	if len(box.packets) == 0 {
		return undecided, nil
	}
	got = box.packets[0]
	if d.line {
		got = bytes.TrimSuffix(bytes.TrimSuffix(got, []byte("\n")), []byte("\r"))
	}
	if !d.matches(got) {
		return refused, got
	}
	box.packets = box.packets[1:]
	return taken, got
}

func (d data) matches(got []byte) bool {
	if d.pattern != nil {
		return d.pattern.MatchString(flow.DecodeUTF8(got))
	}
	return bytes.Equal(d.bytes, got)
}

// silent checks that a peer gets nothing more.
type silent struct {
	place
	name   string
	window time.Duration // 0: until the flow is quiet
}

func (s *silent) run(ctx context.Context, r *run) *Failure {
	box := r.peers.byName[s.name].box()
	came := func() bool { return len(box.stream)+len(box.packets) > 0 }
	if s.window > 0 {
		r.pass(ctx, s.window, came)
	} else {
		r.board.quiet(ctx, r.rt, r.test.Setup.Within, came)
	}
	var got []byte
	r.board.Look(func() {
		got = box.stream
		if len(box.packets) > 0 {
			got = box.packets[0]
		}
	})
	if len(got) == 0 {
		return nil
	}
	f := s.fail("%s gets something, which it must not", s.name)
	f.Rows = []Row{{Want: "nothing", Got: show(flow.Buffer(got)), Differs: true}}
	return f
}

// closed waits for the flow to end a connection.
type closed struct {
	place
	name   string
	how    string // empty: anyhow
	within time.Duration
}

func (s *closed) run(ctx context.Context, r *run) *Failure {
	box := r.peers.byName[s.name].box()
	var end string
	var unread []byte
	r.await(ctx, s.within, func() bool {
		end, unread = box.end, box.stream
		return end != ""
	})
	var f *Failure
	switch {
	case end == "":
		f = s.fail("the flow does not close the connection %s within %v", s.name, s.within)
	case s.how != "" && s.how != end:
		f = s.fail("the connection %s ends another way", s.name)
		f.Rows = []Row{{Want: s.how, Got: end, Differs: true}}
	}
	if f != nil && len(unread) > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("%s has not taken yet: %s", s.name, show(flow.Buffer(unread))))
	}
	return f
}

// hangUp ends a connection, or a half of it, or closes a socket.
type hangUp struct {
	place
	name, verb string
}

func (s *hangUp) run(_ context.Context, r *run) *Failure {
	var err error
	c, isConn := r.peers.byName[s.name].(*conn)
	switch {
	case r.peers.servers[s.name] != nil:
		err = r.peers.servers[s.name].close()
	case s.verb == "end" && isConn:
		err = c.CloseWrite()
	default:
		if s.verb == "reset" && isConn {
			err = c.SetLinger(0)
		}
		if err == nil {
			err = r.peers.byName[s.name].close()
		}
	}
	if err != nil {
		return s.fail("%s: %v", s.name, err)
	}
	r.board.update(func() {})
	return nil
}
