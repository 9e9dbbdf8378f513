package e2e

import (
	"bytes"
	"io"
	"net"
	"os"
	goruntime "runtime"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/bench"
)

const (
	rateInFlight = 32 // lines of a round trip
	// So long rounds are measured; a machine with other things to do gets more
	// time, until their median tells.
	rateTime, rateMoreTime = 4 * time.Second, 30 * time.Second
	// rateBallast is memory that does nothing but have the garbage collector come
	// as often with what is measured, which may keep a megabyte, as without.
	rateBallast = 64 << 20
)

// rates compares how fast a line echo server is with something and without it.
// Both take turns, and each round is compared with what was before and after it,
// so that it does not matter how fast the machine is meanwhile.
type rates struct{ alone, with, ratios []float64 }

// measureRates runs rounds until the median of their ratios reaches want. The
// shorter a round, the less else changes meanwhile. start has begun what is
// measured when it returns.
func measureRates(t *testing.T, conn net.Conn, round time.Duration, want float64, start func() (stop func())) *rates {
	t.Helper()
	if goruntime.GOOS != "linux" {
		t.Skip("no other system tells the processor time exactly enough")
	}
	ballast := make([]byte, rateBallast)
	defer goruntime.KeepAlive(&ballast)
	r := &rates{}
	before := echoRate(t, conn, round)
	for began := time.Now(); time.Since(began) < rateTime || r.ratio() < want && time.Since(began) < rateMoreTime; {
		stop := start()
		with := echoRate(t, conn, round)
		stop()
		after := echoRate(t, conn, round)
		r.alone, r.with = append(r.alone, after), append(r.with, with)
		r.ratios = append(r.ratios, with/((before+after)/2))
		before = after
	}
	return r
}

func (r *rates) ratio() float64 { return median(r.ratios) }

// echoRate has lines echoed for a while and returns how many were in a second of
// processor time.
func echoRate(t *testing.T, conn net.Conn, during time.Duration) float64 {
	t.Helper()
	began, n, cpu := time.Now(), 0, processorTime(t)
	for time.Since(began) < during {
		n += echoes(t, conn, rateInFlight)
	}
	return float64(n) / (processorTime(t) - cpu).Seconds()
}

// echoes has a number of lines echoed, a round trip of a few at a time, and
// returns how many.
func echoes(t *testing.T, conn net.Conn, count int) (n int) {
	t.Helper()
	request := bytes.Repeat([]byte("REQUEST OF 64 BYTES, SO THAT FRAMES ARE OF AN ORDINARY SIZE 123\n"), rateInFlight)
	reply := make([]byte, len(request))
	for ; n < count; n += rateInFlight {
		if _, err := conn.Write(request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, reply); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// processorTime returns what this process has used of the processors: what else
// the machine does is not counted.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	usage, err := bench.UsageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return usage.CPU
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
