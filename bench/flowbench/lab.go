package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/flowrun/flowrun/bench"
)

const (
	connections  = 50
	requestSize  = 64              // bytes
	loadPatience = 2 * time.Minute // for all rounds of a row and contender
)

// lab has what all parts of a run need.
type lab struct {
	rounds   int
	messages int    // of a round with one request in flight; other loads are in proportion
	sessions int    // idle ones
	binary   string // flowrun
	dir      string // for flow files
	nodeRED  *nodeRED
	progress io.Writer
	env      []string // more environment variables of flowrun and Node-RED
	files    int      // flow files written so far
}

// kind is a sort of server.
type kind int

const (
	plain kind = iota
	flowrun
	peer
)

func (k kind) String() string {
	return [...]string{"the plain server", "flowrun", "Node-RED"}[k]
}

// kinds returns the sorts of servers that take part.
func (l *lab) kinds() []kind {
	if l.nodeRED == nil {
		return []kind{plain, flowrun}
	}
	return []kind{plain, flowrun, peer}
}

// contender is a running server.
type contender struct {
	*bench.Process
	kind  kind
	addrs []string // one for each flow
	admin string   // address of the admin API, or off
}

// setting is what a server shall do.
type setting struct {
	flows int // each with an address of its own
	nodes func(d dialect, addrs []string) []node
	udp   bool
	web   bool // the address is that of the server for HTTP
	admin bool // with the admin API

	plainEnv []string // more environment variables of the plain server
}

func oneTCP(f tcpFlow) setting {
	return setting{flows: 1, nodes: func(d dialect, addrs []string) []node { return f.nodes(d, "tcp", addrs[0]) }}
}

// start runs a server of a kind and returns when it answers.
func (l *lab) start(ctx context.Context, k kind, s setting) (*contender, error) {
	if k == plain {
		p, at, err := bench.StartPlain(ctx, s.plainEnv...)
		if err != nil {
			return nil, err
		}
		addr := at.TCP
		switch {
		case s.udp:
			addr = at.UDP
		case s.web:
			addr = at.HTTP
		}
		return &contender{Process: p, kind: k, addrs: []string{addr}}, nil
	}
	addrs, err := bench.FreeAddrs(s.flows + 1)
	if err != nil {
		return nil, err
	}
	admin := "off"
	if s.admin {
		admin = addrs[s.flows]
	}
	addrs = addrs[:s.flows]
	dialect, command := sessionNodes, []string{l.binary, "deploy", "--admin", admin}
	if k == peer {
		dialect, command = coreNodes, l.nodeRED.command
	}
	if s.web {
		command = append(slices.Clone(command), webFlags(k, addrs[0])...)
	}
	file, err := l.write(s.nodes(dialect, addrs))
	if err != nil {
		return nil, err
	}
	p, err := bench.Start(l.env, append(slices.Clone(command), file)...)
	if err != nil {
		return nil, err
	}
	c := &contender{Process: p, kind: k, addrs: addrs, admin: admin}
	if s.udp {
		err = bench.WaitAnswering(ctx, addrs[0])
	} else {
		err = p.WaitListening(ctx, addrs...)
	}
	if err != nil {
		_ = p.Stop() // err is what to know
		return nil, err
	}
	return c, nil
}

// startAll runs a server of each kind.
func (l *lab) startAll(ctx context.Context, s setting, kinds ...kind) (contenders, error) {
	var all contenders
	for _, k := range kinds {
		c, err := l.start(ctx, k, s)
		if err != nil {
			return nil, errors.Join(err, all.stop())
		}
		all = append(all, c)
	}
	return all, nil
}

type contenders []*contender

func (all contenders) stop() error {
	var errs []error
	for _, c := range all {
		errs = append(errs, c.Stop())
	}
	return errors.Join(errs...)
}

// write makes a flow file.
func (l *lab) write(nodes []node) (string, error) {
	text, err := json.Marshal(nodes)
	if err != nil {
		return "", err
	}
	l.files++
	file := filepath.Join(l.dir, fmt.Sprintf("flows-%d.json", l.files))
	return file, os.WriteFile(file, text, 0o600)
}

// compare measures n things once to warm up, and then in turn, once a round: all
// of them see the same machine. It returns the values of each.
func (l *lab) compare(ctx context.Context, n int, measure func(i int) (float64, error)) ([][]float64, error) {
	return l.compareOften(ctx, 1, n, measure)
}

// compareOften is compare with some times the rounds: for what differs little.
func (l *lab) compareOften(ctx context.Context, times, n int, measure func(i int) (float64, error)) ([][]float64, error) {
	values := make([][]float64, n)
	for round := range times*l.rounds + 1 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			value, err := measure(i)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				values[i] = append(values[i], value)
			}
		}
	}
	return values, nil
}

// newRow makes a row of the values of compare, and tells that it is there.
func (l *lab) newRow(part, load, unit string, values [][]float64) row {
	r := row{part: part, load: load, unit: unit, baseline: values[0], flowrun: values[1]}
	if len(values) > 2 {
		r.peer = values[2]
	}
	_, _ = fmt.Fprintf(l.progress, "%s: %s %s\n", r.label(), number(median(r.flowrun)), unit)
	return r
}

// cpuPerMessage returns the microseconds of CPU time that a server used for each
// message of a load.
func (c *contender) cpuPerMessage(run func() (bench.Result, error)) (float64, error) {
	before, err := c.Usage()
	if err != nil {
		return 0, err
	}
	result, err := run()
	if err != nil {
		return 0, fmt.Errorf("loading %s: %w", c.kind, err)
	}
	after, err := c.Usage()
	return float64((after.CPU - before.CPU).Nanoseconds()) / 1e3 / float64(result.Messages), err
}
