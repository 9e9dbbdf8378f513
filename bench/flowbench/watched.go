package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/bench"
)

const (
	watchingPages = 10 // of the console
	watchedTimes  = 5  // as many rounds as elsewhere
)

// watching is somebody who looks on at an echo server while it works.
type watching struct {
	part  string
	begin func(ctx context.Context, admin string) (*watchers, error)
}

// measureWatched compares an echo server with itself, while somebody looks on and
// while nobody does.
func measureWatched(ctx context.Context, l *lab) (rows []row, err error) {
	for _, flow := range tcpFlows()[:2] { // binary and line
		for _, w := range []watching{
			{"watched: ten console pages", openPages},
			{"watched: a tap client that reads nothing", openStuckTap},
		} {
			for _, load := range []bench.Load{{Messages: max(l.messages/2, connections), InFlight: 1}, {Messages: 2 * l.messages, InFlight: 32}} {
				one, err := l.watchedRow(ctx, w, flow, load)
				if err != nil {
					return rows, err
				}
				rows = append(rows, one)
			}
		}
	}
	return rows, nil
}

func (l *lab) watchedRow(ctx context.Context, w watching, f tcpFlow, load bench.Load) (r row, err error) {
	s := oneTCP(f)
	s.admin = true
	c, err := l.start(ctx, flowrun, s)
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	clients, err := bench.Dial(ctx, connections, loadPatience, c.addrs...)
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, clients.Close()) }()
	values, err := l.compareOften(ctx, watchedTimes, 2, func(i int) (float64, error) {
		if i == 1 {
			watchers, err := w.begin(ctx, c.admin)
			if err != nil {
				return 0, err
			}
			defer watchers.close()
		}
		return c.cpuPerMessage(func() (bench.Result, error) { return clients.Run(f.load(flowrun, load)) })
	})
	if err != nil {
		return row{}, err
	}
	return l.newRow(w.part, fmt.Sprintf("%s, %d in flight", f.name, load.InFlight), cpuUnit, values), nil
}

// watchers are the connections of those who look on.
type watchers struct {
	conns   []*websocket.Conn
	reading sync.WaitGroup
}

func (w *watchers) close() {
	for _, conn := range w.conns {
		_ = conn.CloseNow() // it says that it does not wait
	}
	w.reading.Wait()
}

// connect adds a connection, and has what comes read if reads is set.
func (w *watchers) connect(ctx context.Context, url string, reads bool) error {
	conn, _, err := websocket.Dial(ctx, url, nil) //nolint:bodyclose // it has no body
	if err != nil {
		return fmt.Errorf("looking on: %w", err)
	}
	w.conns = append(w.conns, conn)
	conn.SetReadLimit(-1)
	if reads {
		w.reading.Go(func() {
			for {
				if _, _, err := conn.Read(ctx); err != nil {
					return // it is closed
				}
			}
		})
	}
	return nil
}

// openPages opens pages of the console as a browser does.
func openPages(ctx context.Context, admin string) (*watchers, error) {
	w := &watchers{}
	for range watchingPages {
		if err := w.connect(ctx, "ws://"+admin+"/console/ws", true); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// openStuckTap opens a tap for all that happens and reads none of it.
func openStuckTap(ctx context.Context, admin string) (*watchers, error) {
	w := &watchers{}
	return w, w.connect(ctx, "ws://"+admin+"/tap/ws", false)
}
