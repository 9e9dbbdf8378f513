package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowrun/flowrun/bench"
)

// growth is a case in which flowrun has more of something, with the small case
// that it is compared with. Both get the same load.
type growth struct {
	part, load  string
	small, big  setting
	connections int
	others      int // idle sessions of the big case
}

const (
	manyNodes = 1000
	manyFlows = 100
)

func (l *lab) growths() []growth {
	small := oneTCP(echoBinary())
	others := bench.MaxConnections(l.sessions * 2 / 3)
	return []growth{
		{"flat: other sessions", thousands(others) + " idle", small, small, connections, others},
		{"flat: nodes in the flow", thousands(manyNodes), small, setting{flows: 1, nodes: withPadding}, connections, 0},
		{"flat: flows", thousands(manyFlows) + ", a connection each", small, setting{flows: manyFlows, nodes: echoFlows}, manyFlows, 0},
	}
}

// withPadding is an echo flow with many nodes that have nothing to do.
func withPadding(d dialect, addrs []string) []node {
	echo := echoBinary().nodes(d, "tcp", addrs[0])
	return append(echo, padding("tcp", manyNodes-len(echo))...)
}

// echoFlows is an echo flow for each address.
func echoFlows(d dialect, addrs []string) []node {
	var nodes []node
	for i, addr := range addrs {
		nodes = append(nodes, echoBinary().nodes(d, fmt.Sprintf("tcp%d", i), addr)...)
	}
	return nodes
}

// measureFlat compares flowrun with itself: what a message costs must not depend
// on what else there is.
func measureFlat(ctx context.Context, l *lab) (rows []row, err error) {
	for _, g := range l.growths() {
		one, err := l.growthRow(ctx, g)
		if err != nil {
			return rows, err
		}
		rows = append(rows, one)
	}
	return rows, nil
}

func (l *lab) growthRow(ctx context.Context, g growth) (r row, err error) {
	var all contenders
	defer func() { err = errors.Join(err, all.stop()) }()
	var clients []*bench.Clients
	for _, s := range []setting{g.small, g.big} {
		c, err := l.start(ctx, flowrun, s)
		if err != nil {
			return row{}, err
		}
		all = append(all, c)
		talking, err := bench.Dial(ctx, g.connections, loadPatience, c.addrs...)
		if err != nil {
			return row{}, err
		}
		defer func() { err = errors.Join(err, talking.Close()) }()
		clients = append(clients, talking)
	}
	idle, err := openIdle(ctx, all[1], g.others)
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, idle.Close()) }()
	load := bench.Load{Messages: l.messages, InFlight: 1, Size: requestSize}
	values, err := l.compare(ctx, len(all), func(i int) (float64, error) {
		return all[i].cpuPerMessage(func() (bench.Result, error) { return clients[i].Run(load) })
	})
	if err != nil {
		return row{}, err
	}
	return l.newRow(g.part, g.load, cpuUnit, values), nil
}
