// Package metrics shows what the engine counts to Prometheus. It counts nothing
// itself: all is read when somebody asks.
package metrics

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
)

// The limits of how many series there are. What lies beyond, in the order of the
// nodes' paths or the flows' ids, shares one series whose node or flow is others.
const (
	nodeLimit = 2000
	flowLimit = 200
	others    = "(others)"
)

// Source is what is shown.
type Source struct {
	Runtime  *runtime.Runtime
	Sessions *session.Store
	Version  string // of flowrun
}

// Handler returns what answers a scrape, in the formats of Prometheus and
// OpenMetrics.
func Handler(s Source) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{s},
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// collector implements [prometheus.Collector].
type collector struct{ Source }

var (
	build = describe("build_info", "1, with the version of flowrun", "version")
	ready = describe("ready", "1 while flows run, else 0")

	nodeReceived = describe("node_received_total", "messages that a node has received", nodeLabels...)
	nodeSent     = describe("node_sent_total", "messages that a node has sent, wired or not", nodeLabels...)
	nodeErrors   = describe("node_errors_total", "errors that a node has reported", nodeLabels...)
	nodeBusy     = describe("node_busy_seconds_total", "how long a node's code has run; after the first 256 calls one in 16 is measured", nodeLabels...)
	nodeQueue    = describe("node_queue_length", "messages and tasks that wait for a node", nodeLabels...)

	flowLatency = describe("flow_latency_seconds", "from what came into a flow until all that came of it was done; after the first 256 one in 16 is measured", "flow")

	sessionsOpen    = describe("sessions", "sessions that are open", "node", "state")
	sessionsOpened  = describe("sessions_opened_total", "sessions that were begun", "kind")
	sessionBytes    = describe("session_bytes_total", "bytes that went through sessions", "kind", "direction")
	sessionMessages = describe("session_messages_total", "messages (chunks, lines or datagrams) that went through sessions", "kind", "direction")
	connectsFailed  = describe("session_connects_failed_total", "connections that could not be made: refused, not resolved, too late")
	refused         = describe("connections_refused_total", "connections that listeners have turned away: too many, an address that may not come, a handshake that failed")
	sessionTimeouts = describe("session_timeouts_total", "times that nothing happened in a session for as long as a node allows")
)

var nodeLabels = []string{"node", "type", "name", "flow"}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("flowrun_"+name, help, labels, nil)
}

// Describe implements [prometheus.Collector].
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		build, ready, nodeReceived, nodeSent, nodeErrors, nodeBusy, nodeQueue, flowLatency,
		sessionsOpen, sessionsOpened, sessionBytes, sessionMessages, connectsFailed, refused, sessionTimeouts,
	} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c collector) Collect(to chan<- prometheus.Metric) {
	out := sink{to}
	out.gauge(build, 1, c.Version)
	isReady := 0.0
	if c.Runtime.Ready() == nil {
		isReady = 1
	}
	out.gauge(ready, isReady)
	known := c.nodes(out)
	c.flows(out)
	c.sessions(out, known)
}

// nodes tells of the nodes, and returns the ids of those that it named.
func (c collector) nodes(out sink) map[string]bool {
	list := c.Runtime.Status()
	slices.SortFunc(list, func(a, b runtime.NodeStatus) int { return cmp.Compare(a.Path, b.Path) })
	if len(list) > nodeLimit {
		rest := runtime.NodeStatus{Info: runtime.Info{ID: others}}
		for _, n := range list[nodeLimit:] {
			rest.Received += n.Received
			rest.Sent += n.Sent
			rest.Errors += n.Errors
			rest.Busy += n.Busy
			rest.Waiting += n.Waiting
		}
		list = append(list[:nodeLimit], rest)
	}
	named := map[string]bool{}
	for _, n := range list {
		named[n.ID] = true
		labels := []string{n.ID, n.Type, n.Name, n.Flow}
		out.counter(nodeReceived, float64(n.Received), labels...)
		out.counter(nodeSent, float64(n.Sent), labels...)
		out.counter(nodeErrors, float64(n.Errors), labels...)
		out.counter(nodeBusy, n.Busy.Seconds(), labels...)
		out.gauge(nodeQueue, float64(n.Waiting), labels...)
	}
	return named
}

func (c collector) flows(out sink) {
	list := c.Runtime.Latencies()
	slices.SortFunc(list, func(a, b runtime.Latency) int { return cmp.Compare(a.Flow, b.Flow) })
	if len(list) > flowLimit {
		rest := runtime.Latency{Flow: others, Counts: make([]uint64, len(list[0].Counts))}
		for _, l := range list[flowLimit:] {
			for i, n := range l.Counts {
				rest.Counts[i] += n
			}
			rest.Sum += l.Sum
		}
		list = append(list[:flowLimit], rest)
	}
	bounds := runtime.LatencyBounds()
	for _, l := range list {
		below := make(map[float64]uint64, len(bounds))
		var count uint64
		for i, n := range l.Counts {
			count += n
			if i < len(bounds) {
				below[bounds[i].Seconds()] = count
			}
		}
		out.to <- prometheus.MustNewConstHistogram(flowLatency, count, l.Sum.Seconds(), below, l.Flow)
	}
}

func (c collector) sessions(out sink, named map[string]bool) {
	t := c.Sessions.Totals()
	open := map[session.OpenKey]int{}
	for key, n := range t.Open {
		if !named[key.Node] {
			key.Node = others
		}
		open[key] += n
	}
	for key, n := range open {
		out.gauge(sessionsOpen, float64(n), key.Node, key.State.String())
	}
	for kind, k := range map[string]session.Traffic{"tcp": t.TCP, "udp": t.UDP} {
		out.counter(sessionsOpened, float64(k.Opened), kind)
		out.counter(sessionBytes, float64(k.BytesIn), kind, "in")
		out.counter(sessionBytes, float64(k.BytesOut), kind, "out")
		out.counter(sessionMessages, float64(k.MessagesIn), kind, "in")
		out.counter(sessionMessages, float64(k.MessagesOut), kind, "out")
	}
	out.counter(connectsFailed, float64(t.Failed))
	out.counter(refused, float64(t.Refused))
	out.counter(sessionTimeouts, float64(t.Timeouts))
}

// sink takes the values of one scrape.
type sink struct{ to chan<- prometheus.Metric }

func (s sink) counter(d *prometheus.Desc, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

func (s sink) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}
