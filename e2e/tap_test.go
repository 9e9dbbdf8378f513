package e2e

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

const (
	tapRounds   = 5
	tapRound    = 300 * time.Millisecond // of echoes, with and without a tap
	tapInFlight = 32                     // messages of a round trip
	// tapRatio is the rate below which the test fails. The aim is 0.95; but a
	// machine with other things to do varies by more than that.
	tapRatio = 0.8
)

// A tap client that has stopped reading costs the flows next to nothing: once
// what may wait for it is full, frames are counted and no longer made.
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

	var alone, filling, tapped []float64
	for range tapRounds {
		alone = append(alone, echoRate(t, conn, tapRound))
		tap, _, err := websocket.Dial(t.Context(), server.URL+"/tap/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		filling = append(filling, echoRate(t, conn, tapRound)) // frames are made until too many wait
		tapped = append(tapped, echoRate(t, conn, tapRound))
		_ = tap.CloseNow()
		<-ended
	}
	ratio := median(tapped) / median(alone)
	t.Logf("%.0f echoes a second, %.0f with a tap client that does not read: ratio %.3f; %.0f in the first %v: ratio %.3f",
		median(alone), median(tapped), ratio, median(filling), tapRound, median(filling)/median(alone))
	if ratio < tapRatio {
		t.Errorf("a tap client that does not read leaves %.3f of the rate, want at least %g", ratio, tapRatio)
	}
}

// echoRate sends messages for a while, a few at a time, and returns how many a
// second came back.
func echoRate(t *testing.T, conn net.Conn, during time.Duration) float64 {
	t.Helper()
	request := bytes.Repeat([]byte("REQUEST OF 64 BYTES, SO THAT FRAMES ARE OF AN ORDINARY SIZE 123\n"), tapInFlight)
	reply := make([]byte, len(request)/tapInFlight)
	write := func(b []byte) {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	began, n := time.Now(), 0
	write(request)
	for ; time.Since(began) < during; n++ {
		if _, err := io.ReadFull(conn, reply); err != nil {
			t.Fatal(err)
		}
		write(reply)
	}
	took := time.Since(began)
	if _, err := io.ReadFull(conn, request); err != nil {
		t.Fatal(err)
	}
	return float64(n) / took.Seconds()
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
