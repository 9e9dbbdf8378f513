package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/flowrun/flowrun/bench"
)

// restFlow is the name of the row.
const restFlow = "http in → function → http response"

// restNodes returns a tab that answers what the plain server for HTTP answers. The
// nodes are the same in flowrun and in Node-RED.
func restNodes(dialect, []string) []node {
	in := node{"type": "http in", "url": "/things/:id", "method": "get"}
	function := node{"type": "function", "outputs": 1, "func": "msg.payload = {id: msg.req.params.id, n: msg.req.query.n};\nreturn msg;"}
	return chain("rest", in, []node{function}, node{"type": "http response"}, 0)
}

// webFlags have a server of a kind serve HTTP at an address.
func webFlags(k kind, addr string) []string {
	if k == flowrun {
		return []string{"--http", addr}
	}
	host, port := split(addr)
	return []string{"--port", strconv.Itoa(int(port)), "-D", "uiHost=" + host, "-D", "httpNodeRoot=/"}
}

// maxWrkTime is how long wrk asks in a round, in seconds; with few messages it asks for
// less.
const maxWrkTime = 2

// measureREST compares what a request to a REST service costs, under a load that looks
// at the answers, and under wrk where that is installed.
func measureREST(ctx context.Context, l *lab) (rows []row, err error) {
	all, err := l.startAll(ctx, setting{flows: 1, web: true, nodes: restNodes}, l.kinds()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, all.stop()) }()
	const times = 3 // as many rounds as elsewhere
	loads := []struct {
		name string
		ask  func(addr string) (bench.Result, error)
	}{{inFlight1, func(addr string) (bench.Result, error) {
		return bench.AskWeb(ctx, addr, connections, max(l.messages/2, connections), loadPatience)
	}}, {fmt.Sprintf("wrk, %d connections", connections), func(addr string) (bench.Result, error) {
		return bench.AskWrk(ctx, addr, connections, time.Duration(min(1+l.messages/20_000, maxWrkTime))*time.Second)
	}}}
	if !bench.HasWrk() {
		loads = loads[:1]
	}
	for _, load := range loads {
		values, err := l.compareOften(ctx, times, len(all), func(i int) (float64, error) {
			return all[i].cpuPerMessage(func() (bench.Result, error) { return load.ask(all[i].addrs[0]) })
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, l.newRow(restFlow, load.name, "CPU µs/request", values))
	}
	return rows, nil
}
