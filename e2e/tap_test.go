package e2e

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

const (
	tapRound    = 300 * time.Millisecond // of echoes, with and without a tap
	tapFill     = 10_000                 // echoes whose frames are more than may wait for a tap, 3 KB each
	tapInFlight = 32                     // messages of a round trip
	// tapRatio is the rate with a tap, of that without, below which the test
	// fails. The aim is 0.95; but a machine with other things to do varies by
	// more than that, and gets more rounds until their median tells.
	tapRatio                 = 0.8
	tapRounds, tapMoreRounds = 5, 20
)

// A tap client that has stopped reading costs the flows next to nothing: soon
// frames are counted and no longer made.
func TestTapClientThatStopsReading(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector distorts the rates")
	}
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, echoFlow("binary", port, ""))
	handler := admin.NewHandler(admin.Options{
		Runtime: e.Runtime, Sessions: e.sessions, Context: e.context, Comms: &admin.Comms{}, Log: slog.New(slog.DiscardHandler),
	})
	ended := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		ended <- struct{}{}
	}))
	defer server.Close()
	conn := dialEngine(t, port)

	var alone, filling, tapped, ratios []float64
	ratio := 0.0
	for round := 1; round <= tapRounds || ratio < tapRatio && round <= tapMoreRounds; round++ {
		tap, _, err := websocket.Dial(t.Context(), server.URL+"/tap/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		filling = append(filling, echoRate(t, conn, tapRound, tapFill)) // frames are made until it is behind
		with := echoRate(t, conn, tapRound, 0)
		_ = tap.CloseNow()
		<-ended
		without := echoRate(t, conn, tapRound, 0)
		alone, tapped, ratios = append(alone, without), append(tapped, with), append(ratios, with/without)
		ratio = median(ratios)
	}
	t.Logf("%d rounds: %.0f echoes a second of processor time, %.0f with a tap client that does not read: ratio %.3f; %.0f while it gets behind",
		len(ratios), median(alone), median(tapped), ratio, median(filling))
	if ratio < tapRatio {
		t.Errorf("a tap client that does not read leaves %.3f of the rate, want at least %g", ratio, tapRatio)
	}
}

// echoRate sends messages for a while, and so many at least, a few at a time,
// and returns how many came back in a second of processor time: what else the
// machine does is not counted.
func echoRate(t *testing.T, conn net.Conn, during time.Duration, count int) float64 {
	t.Helper()
	request := bytes.Repeat([]byte("REQUEST OF 64 BYTES, SO THAT FRAMES ARE OF AN ORDINARY SIZE 123\n"), tapInFlight)
	reply := make([]byte, len(request)/tapInFlight)
	write := func(b []byte) {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	began, n := time.Now(), 0
	cpu := processorTime(t)
	write(request)
	for ; n < count || time.Since(began) < during; n++ {
		if _, err := io.ReadFull(conn, reply); err != nil {
			t.Fatal(err)
		}
		write(reply)
	}
	took := processorTime(t) - cpu
	if _, err := io.ReadFull(conn, request); err != nil {
		t.Fatal(err)
	}
	return float64(n) / took.Seconds()
}

// processorTime returns what this process has used of the processors.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
