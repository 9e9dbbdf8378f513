//go:build unix

package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// driver runs one scenario: it starts flowrun, drives the steps and notes what
// it sees. Peers and checks are guarded by the board.
type driver struct {
	*board
	scenario  scenario
	binary    string
	dir       string
	adminPort int

	trace   *trace
	process *process
	conns   map[string]*conn
	refused map[string]string // connections that never were, and why
	udps    map[string]*udpPeer
	servers map[string]net.Listener
	checks  flow.Array

	readers sync.WaitGroup // of peers; they end when their sockets are closed
}

func newDriver(s scenario, binary, dir string, adminPort int) *driver {
	b := new(board)
	return &driver{
		board: b, scenario: s, binary: binary, dir: dir, adminPort: adminPort,
		trace:   &trace{board: b, path: filepath.Join(dir, "trace.ndjson")},
		conns:   map[string]*conn{},
		refused: map[string]string{},
		udps:    map[string]*udpPeer{},
		servers: map[string]net.Listener{},
	}
}

// run runs the scenario. The error says why there is nothing to compare.
func (d *driver) run(ctx context.Context) (o observed, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		err = errors.Join(err, d.closePeers())
	}()
	for i, s := range d.scenario.Before {
		d.runStep(ctx, "b"+strconv.Itoa(i), s)
	}
	flowFile := filepath.Join(d.dir, "flows.json")
	if err := os.WriteFile(flowFile, d.scenario.Flow, 0o600); err != nil {
		return o, err
	}
	d.process, err = startProcess(d.board, d.binary, d.dir, flowFile, d.trace.path, d.adminPort)
	if err != nil {
		return o, err
	}
	tracing, stopTracing := context.WithCancel(ctx)
	traced := make(chan error, 1)
	go func() { traced <- d.trace.follow(tracing) }()
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		d.process.watch()
	}()
	err = d.drive(ctx)
	stopTracing()
	if err = errors.Join(err, <-traced); err == nil {
		o = d.observe()
	}
	err = errors.Join(err, d.process.stop())
	<-exited
	return o, err
}

// drive waits for the flows and runs the steps.
func (d *driver) drive(ctx context.Context) error {
	if !d.Wait(ctx, patience*20*time.Second, func() bool { return d.process.exited || d.started() > 0 }) {
		return fmt.Errorf("flowrun did not start the flows:\n%s", d.process.output())
	}
	for i, s := range d.scenario.Steps {
		d.runStep(ctx, float64(i), s)
	}
	pause(ctx, milliseconds(d.scenario.SettleMS, 250))
	return ctx.Err()
}

// started counts the deploys; the board is locked.
func (d *driver) started() int { return d.trace.count(flowsStarted) }

func (d *driver) observe() observed {
	o := observed{peers: map[string]*flow.Object{}, exit: d.process.exit()}
	d.Look(func() {
		o.trace, o.checks = d.trace.lines, d.checks
		for id, c := range d.conns {
			end := c.end
			if end == "" {
				end = "open"
			}
			o.peers[id] = flow.NewObject("received", showBytes(c.received), "end", end)
		}
		for id, reason := range d.refused {
			o.peers[id] = flow.NewObject("received", "", "end", reason)
		}
		for id, u := range d.udps {
			datagrams := flow.Array{}
			for _, g := range u.got {
				datagrams = append(datagrams, flow.NewObject("data", showBytes(g.data), "bytes", float64(len(g.data)), "from", g.from))
			}
			o.peers[id] = flow.NewObject("datagrams", datagrams)
		}
	})
	return o
}

// closePeers closes every socket and waits for those who read them.
func (d *driver) closePeers() error {
	var open []interface{ Close() error }
	d.Look(func() {
		for _, l := range d.servers {
			open = append(open, l)
		}
		for _, u := range d.udps {
			open = append(open, u)
		}
	})
	// No server is left to add a connection after the last one is closed.
	var errs []error
	for _, c := range open {
		errs = append(errs, c.Close())
	}
	d.Look(func() {
		for _, c := range d.conns {
			errs = append(errs, c.Close())
		}
	})
	d.readers.Wait()
	for i, err := range errs {
		if errors.Is(err, net.ErrClosed) {
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

// check notes how a step went; more are keys and values about it.
func (d *driver) check(index flow.Value, s step, ok bool, more ...flow.Value) {
	c := flow.NewObject(append([]flow.Value{"step", index, "do", s.Do, "ok", ok}, more...)...)
	d.Update(func() { d.checks = append(d.checks, c) })
}

// runStep runs a step. What goes wrong is part of what was observed.
func (d *driver) runStep(ctx context.Context, index flow.Value, s step) {
	if d.process != nil && d.process.hasExited() {
		switch s.Do {
		case "sleep", "wait_trace", "wait_exit", "tcp.expect", "tcp.expect_close":
		default:
			d.check(index, s, false, "note", "runtime has exited")
			return
		}
	}
	if err := d.do(ctx, index, s); err != nil {
		d.check(index, s, false, "error", err.Error())
	}
}

func (d *driver) do(ctx context.Context, index flow.Value, s step) error {
	check := func(ok bool, more ...flow.Value) { d.check(index, s, ok, more...) }
	switch s.Do {
	case "sleep":
		pause(ctx, time.Duration(s.MS)*time.Millisecond)
		return nil
	case "inject":
		code := d.post(ctx, "/inject/"+s.Node, s.Body, "")
		check(code == 200, "code", float64(code))
		return nil
	case "deploy":
		return d.deploy(ctx, s, check)
	case "wait_trace":
		return d.waitTrace(ctx, s, check)
	case "wait_exit":
		check(d.Wait(ctx, within(s.WithinMS, 3000), func() bool { return d.process.exited }))
		return nil
	case "tcp.connect":
		return d.connect(ctx, s, check)
	case "tcp.serve":
		return d.serve(ctx, s)
	case "tcp.unserve":
		return d.unserve(s)
	case "tcp.accept":
		check(d.Wait(ctx, within(s.WithinMS, 3000), func() bool { return d.conns[s.ID] != nil }))
		return nil
	case "udp.listen":
		return d.listenUDP(ctx, s)
	case "udp.send":
		return d.sendUDP(ctx, s)
	case "udp.expect":
		return d.expectUDP(ctx, s, check)
	}
	return d.doConn(ctx, s, check)
}

// checker notes how the current step went.
type checker func(ok bool, more ...flow.Value)

func (d *driver) waitTrace(ctx context.Context, s step, check checker) error {
	match, err := flow.ParseJSON(s.Match)
	if err != nil {
		return err
	}
	want := 1
	if s.Count != nil {
		want = *s.Count
	}
	saw := 0
	ok := d.Wait(ctx, within(s.WithinMS, 3000), func() bool {
		saw = d.trace.count(match)
		return saw >= want
	})
	if ok {
		check(true)
		return nil
	}
	check(false, "match", match, "want", float64(want), "saw", float64(saw))
	return nil
}

func (d *driver) deploy(ctx context.Context, s step, check checker) error {
	kind := s.Type
	if kind == "" {
		kind = "full"
	}
	before := 0
	d.Look(func() { before = d.started() })
	code := d.post(ctx, "/flows", s.Flow, kind)
	if before > 0 {
		d.Wait(ctx, within(nil, 4000), func() bool { return d.started() > before })
	}
	check(code == 200 || code == 204, "type", kind)
	return nil
}
