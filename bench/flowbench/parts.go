package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowrun/flowrun/bench"
)

// part is a group of rows that can be chosen by its name.
type part struct {
	name string
	run  func(context.Context, *lab) ([]row, error)
}

func parts() []part {
	return []part{
		{"echo", measureEcho},
		{"udp", measureUDP},
		{"rest", measureREST},
		{"connect", measureConnect},
		{"idle", measureIdle},
		{"idle-tls", measureIdleTLS},
		{"start", measureStart},
		{"memory", measureMemory},
		{"size", measureSize},
		{"flat", measureFlat},
		{"watched", measureWatched},
		{"latency", measureLatency},
	}
}

const cpuUnit = "CPU µs/message"

// measureEcho compares the TCP flows, with one and with 32 requests in flight on
// each of 50 connections.
func measureEcho(ctx context.Context, l *lab) (rows []row, err error) {
	for _, flow := range tcpFlows() {
		all, err := l.startAll(ctx, oneTCP(flow), l.kinds()...)
		if err != nil {
			return rows, err
		}
		one, err := l.tcpRow(ctx, all, flow, inFlight1, bench.Load{Messages: l.messages, InFlight: 1})
		if err == nil {
			rows = append(rows, one)
			// A message costs less, so there have to be more for the same time.
			one, err = l.tcpRow(ctx, all, flow, inFlight32, bench.Load{Messages: 2 * l.messages, InFlight: 32})
			rows = append(rows, one)
		}
		if err := errors.Join(err, all.stop()); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// tcpRow compares what a message of the load costs the contenders.
func (l *lab) tcpRow(ctx context.Context, all contenders, f tcpFlow, name string, load bench.Load) (r row, err error) {
	clients := make([]*bench.Clients, len(all))
	for i, c := range all {
		if clients[i], err = bench.Dial(ctx, connections, loadPatience, c.addrs...); err != nil {
			return row{}, err
		}
		defer func() { err = errors.Join(err, clients[i].Close()) }()
	}
	values, err := l.compare(ctx, len(all), func(i int) (float64, error) {
		return all[i].cpuPerMessage(func() (bench.Result, error) {
			return clients[i].Run(f.load(all[i].kind, load))
		})
	})
	if err != nil {
		return row{}, err
	}
	return l.newRow(f.name, name, cpuUnit, values), nil
}

// load completes a load with what a server of the kind answers: the plain one
// always sends back what it gets.
func (f tcpFlow) load(k kind, load bench.Load) bench.Load {
	load.Size = requestSize
	if k != plain {
		load.Answer = f.answer
	}
	return load
}

// measureUDP compares UDP echo servers. There are few sockets: what is in flight
// has to fit into the buffer of the server's only one.
func measureUDP(ctx context.Context, l *lab) (rows []row, err error) {
	const sockets = 10
	all, err := l.startAll(ctx, setting{flows: 1, udp: true, nodes: func(d dialect, addrs []string) []node {
		return udpNodes(d, addrs[0])
	}}, l.kinds()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, all.stop()) }()
	for _, load := range []struct {
		name     string
		inFlight int
	}{{inFlight1, 1}, {inFlight8, 8}} {
		clients := make([]*bench.Sockets, len(all))
		for i, c := range all {
			if clients[i], err = bench.Listen(sockets, loadPatience, c.addrs[0]); err != nil {
				return rows, err
			}
			defer func() { err = errors.Join(err, clients[i].Close()) }()
		}
		requests := bench.Load{Messages: l.messages, InFlight: load.inFlight, Size: requestSize}
		values, err := l.compare(ctx, len(all), func(i int) (float64, error) {
			return all[i].cpuPerMessage(func() (bench.Result, error) { return clients[i].Run(requests) })
		})
		if err != nil {
			return rows, err
		}
		rows = append(rows, l.newRow("UDP echo", load.name, cpuUnit, values))
	}
	return rows, nil
}

// measureConnect compares what a connection with one request costs.
func measureConnect(ctx context.Context, l *lab) (rows []row, err error) {
	all, err := l.startAll(ctx, oneTCP(echoBinary()), l.kinds()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, all.stop()) }()
	values, err := l.compare(ctx, len(all), func(i int) (float64, error) {
		return all[i].cpuPerMessage(func() (bench.Result, error) {
			return bench.Connect(ctx, all[i].addrs[0], max(l.messages/20, 1), requestSize, loadPatience)
		})
	})
	if err != nil {
		return nil, err
	}
	return []row{l.newRow("connect, echo, close", "8 at a time", "CPU µs/connection", values)}, nil
}

// measureLatency compares the 99th percentile of the latency under half of the
// load that flowrun reaches with one request in flight on each connection.
func measureLatency(ctx context.Context, l *lab) (rows []row, err error) {
	for _, flow := range []tcpFlow{echoBinary(), tcpFlows()[2]} {
		one, err := l.latencyRow(ctx, flow)
		if err != nil {
			return rows, err
		}
		rows = append(rows, one)
	}
	return rows, nil
}

func (l *lab) latencyRow(ctx context.Context, f tcpFlow) (r row, err error) {
	all, err := l.startAll(ctx, oneTCP(f), plain, flowrun)
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, all.stop()) }()
	clients := make([]*bench.Clients, len(all))
	for i, c := range all {
		if clients[i], err = bench.Dial(ctx, connections, loadPatience, c.addrs...); err != nil {
			return row{}, err
		}
		defer func() { err = errors.Join(err, clients[i].Close()) }()
	}
	load := bench.Load{Messages: l.messages, InFlight: 1}
	var rates []float64
	for range l.rounds {
		top, err := clients[flowrun].Run(f.load(flowrun, load))
		if err != nil {
			return row{}, err
		}
		rates = append(rates, top.Rate())
	}
	half := median(rates) / 2
	load.Messages *= 2 // for the same time at half the rate, and more
	values, err := l.compare(ctx, len(all), func(i int) (float64, error) {
		result, err := clients[i].RunPaced(f.load(all[i].kind, load), half)
		return float64(result.Quantile(0.99).Nanoseconds()) / 1e3, err
	})
	if err != nil {
		return row{}, err
	}
	name := fmt.Sprintf("%s, %s/s", f.name, thousands(int(half)))
	return l.newRow("p99 at half load", name, "µs", values), nil
}
