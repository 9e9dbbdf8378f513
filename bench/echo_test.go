package bench

import (
	"fmt"
	"testing"
	"time"
)

const (
	requestSize   = 64
	roundMessages = 10_000
	roundTimeout  = 5 * time.Minute // of all rounds of a case
)

// echoCase is one kind of load.
type echoCase struct {
	mode                  string
	connections, inFlight int
}

func (c echoCase) String() string {
	return fmt.Sprintf("%s/connections=%d/inflight=%d", c.mode, c.connections, c.inFlight)
}

func echoCases() []echoCase {
	var cases []echoCase
	for _, mode := range []string{"binary", "line"} {
		for _, connections := range []int{1, 50} {
			for _, inFlight := range []int{1, 32} {
				cases = append(cases, echoCase{mode, connections, inFlight})
			}
		}
	}
	return cases
}

// measured is what a server did in the rounds of a case.
type measured struct {
	Result
	cpu      time.Duration
	resident int64
}

func (m measured) cpuPerMessage() float64 {
	return float64(m.cpu.Nanoseconds()) / 1e3 / float64(m.Messages)
}

// contender is a server with connections to it.
type contender struct {
	*server
	clients *Clients
	total   measured
}

func enter(tb testing.TB, s *server, c echoCase) *contender {
	tb.Helper()
	clients, err := Dial(tb.Context(), c.connections, roundTimeout, s.addrs[c.mode])
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = clients.Close() })
	return &contender{server: s, clients: clients}
}

// round puts a load on the server and adds what it cost to the total.
func (c *contender) round(tb testing.TB, load Load) {
	tb.Helper()
	before, err := c.Usage()
	if err != nil {
		tb.Skip(err)
	}
	result, err := c.clients.Run(load)
	if err != nil {
		tb.Fatal(err)
	}
	after, err := c.Usage()
	if err != nil {
		tb.Fatal(err)
	}
	c.total.Merge(result)
	c.total.cpu += after.CPU - before.CPU
	c.total.resident = max(c.total.resident, after.Resident)
}

// BenchmarkEcho runs rounds of 10,000 requests of 64 bytes against the plain
// server and flowrun in turn, so that both see the same machine. Metrics without
// a prefix are flowrun's; ratio is its CPU time over the plain server's.
func BenchmarkEcho(b *testing.B) {
	plainServer, flowrunServer := startPlain(b), startFlowrun(b)
	for _, c := range echoCases() {
		b.Run(c.String(), func(b *testing.B) {
			load := Load{Messages: roundMessages, InFlight: c.inFlight, Size: requestSize}
			plain, flowrun := enter(b, plainServer, c), enter(b, flowrunServer, c)
			plain.round(b, load) // both warm up
			flowrun.round(b, load)
			plain.total, flowrun.total = measured{}, measured{}
			for b.Loop() {
				plain.round(b, load)
				flowrun.round(b, load)
			}
			report(b, plain.total, flowrun.total)
		})
	}
}

func report(b *testing.B, plain, flowrun measured) {
	b.ReportMetric(0, "ns/op") // a round of two servers: says nothing
	b.ReportMetric(flowrun.cpuPerMessage()/plain.cpuPerMessage(), "ratio")
	b.ReportMetric(flowrun.cpuPerMessage(), "cpu-µs/msg")
	b.ReportMetric(plain.cpuPerMessage(), "plain-cpu-µs/msg")
	b.ReportMetric(float64(flowrun.Messages)/flowrun.Elapsed.Seconds(), "msg/s")
	b.ReportMetric(float64(plain.Messages)/plain.Elapsed.Seconds(), "plain-msg/s")
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50-µs", 0.5}, {"p99-µs", 0.99}} {
		b.ReportMetric(float64(flowrun.Quantile(q.share).Microseconds()), q.name)
		b.ReportMetric(float64(plain.Quantile(q.share).Microseconds()), "plain-"+q.name)
	}
	b.ReportMetric(float64(flowrun.resident)/(1<<20), "MiB")
}

// Every answer of both servers is right, under a small load of each kind.
func TestEcho(t *testing.T) {
	servers := map[string]*server{"plain": startPlain(t), "flowrun": startFlowrun(t)}
	for name, s := range servers {
		for _, c := range echoCases() {
			t.Run(name+"/"+c.String(), func(t *testing.T) {
				contender := enter(t, s, c)
				contender.round(t, Load{Messages: 40 * c.connections, InFlight: c.inFlight, Size: requestSize})
				if want := 40 * c.connections; contender.total.Messages != want {
					t.Errorf("%d answers, want %d", contender.total.Messages, want)
				}
			})
		}
	}
}
