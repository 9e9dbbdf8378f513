package e2e

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

const (
	tapRound = 25 * time.Millisecond
	// tapRatio is the rate with a tap, of that without, below which the test
	// fails. The aim is 0.95, and it is that and more; a busy machine varies
	// by some hundredths.
	tapRatio = 0.9
	tapFill  = 10_000      // lines; their frames are more than may wait for a tap, nearly a kilobyte a line
	tapLine  = 3           // frames of a line: sent, received, and that it has been answered
	tapMade  = 4 << 20     // bytes of frames that may be made for a client that reads none
	tapWait  = time.Minute // for what has been made
)

// A tap client that has stopped reading costs the flows next to nothing: soon
// frames are counted and no longer made.
func TestTapClientThatStopsReading(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector distorts the rates")
	}
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, echoFlow("line", port, ""))
	url, ended := startAdmin(t, e)
	conn := dialEngine(t, port)
	echoes(t, conn, tapFill) // warm up

	var filling []float64 // seconds of processor time
	r := measureRates(t, conn, tapRound, tapRatio, func() (stop func()) {
		tap, _, err := websocket.Dial(t.Context(), url+"/tap/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		cpu := processorTime(t)
		echoes(t, conn, tapFill)
		filling = append(filling, (processorTime(t) - cpu).Seconds())
		return func() {
			_ = tap.CloseNow()
			<-ended
		}
	})
	t.Logf("%d rounds: %.0f lines a second of processor time, %.0f with a tap client that does not read: ratio %.3f; it takes %.0f ms more to find that out",
		len(r.ratios), median(r.alone), median(r.with), r.ratio(), (median(filling)-tapFill/median(r.alone))*1000)
	if r.ratio() < tapRatio {
		t.Errorf("a tap client that does not read leaves %.3f of the rate, want at least %g", r.ratio(), tapRatio)
	}
}

// startAdmin serves an engine's admin API; ended gets a value for each request
// that is over.
func startAdmin(t *testing.T, e *engine) (url string, ended <-chan struct{}) {
	t.Helper()
	handler := admin.NewHandler(admin.Options{
		Runtime: e.Runtime, Sessions: e.sessions, Context: e.context, Comms: &admin.Comms{}, Log: slog.New(slog.DiscardHandler),
	})
	requests := make(chan struct{}, consolePages)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		requests <- struct{}{}
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// A tap client that did not read is told how many frames it has missed. Of the
// others only so many were made as it takes to find out.
func TestTapClientThatReadsLater(t *testing.T) {
	e := newEngine(t)
	url, _ := startAdmin(t, e)
	ctx, cancel := context.WithTimeout(t.Context(), tapWait)
	defer cancel()
	tap, _, err := websocket.Dial(ctx, url+"/tap/ws?t=send,receive", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tap.CloseNow() }()
	tap.SetReadLimit(-1)
	if _, _, err := tap.Read(ctx); err != nil { // hello
		t.Fatal(err)
	}
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, echoFlow("line", port, ""))
	want := tapLine*echoes(t, dialEngine(t, port), tapFill) + 2 // the events listening and connected
	frames, lost, size := 0, 0, 0
	for frames+lost < want {
		_, text, err := tap.Read(ctx)
		if err != nil {
			t.Fatalf("%v after %d frames and %d lost ones of %d", err, frames, lost, want)
		}
		var frame struct {
			T string
			N int
		}
		if err := json.Unmarshal(text, &frame); err != nil {
			t.Fatal(err)
		}
		if frame.T == "lost" {
			lost += frame.N
			continue
		}
		frames++
		size += len(text)
	}
	t.Logf("%d frames (%d KB) and %d lost ones", frames, size>>10, lost)
	if frames+lost > want {
		t.Errorf("%d frames and %d lost ones, want %d in all", frames, lost, want)
	}
	if size > tapMade {
		t.Errorf("%d bytes of frames were made for a client that did not read, want at most %d", size, tapMade)
	}
}
