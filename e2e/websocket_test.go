//go:build linux

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/internal/testrun"
)

const (
	listeners   = 500 // websocket clients
	deaf        = 50  // of them, that read nothing
	news        = 170 // messages for all of them
	newsSize    = 32 << 10
	newsMemory  = 200 << 20 // what flowrun may hold meanwhile
	newsAhead   = 4         // messages that are sent before everybody has the first of them
	newsMinutes = 2         // until everybody must have everything
)

// Of many websocket clients a few read nothing. The others get every message, the
// deaf ones are cut, and memory stays bounded.
func TestWebsocketClientsThatReadNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 2.5 GB")
	}
	ports := testrun.FreePorts(t, 2)
	flows := filepath.Join(t.TempDir(), "feed.json")
	if err := os.WriteFile(flows, fmt.Appendf(nil, `[
		{"id":"t","type":"tab","label":"feed"},
		{"id":"ws","type":"websocket-listener","path":"/feed","maxQueue":1000000},
		{"id":"source","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":"line","wires":[[],["out"]]},
		{"id":"in","type":"websocket in","z":"t","x":1,"y":2,"server":"ws","wires":[["out"]]},
		{"id":"out","type":"websocket out","z":"t","x":2,"y":1,"server":"ws","wires":[]}]`, ports[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := testrun.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	web := net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[1]))
	p := testrun.Start(t, exec.Command(binary, "deploy", "--admin", "off", "--http", web, flows))
	source := dial(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0])))

	clients := make([]*websocket.Conn, listeners)
	var connecting sync.WaitGroup
	for i := range clients {
		buffer := 0
		if i < deaf {
			buffer = 4096 // the system takes in little for them
		}
		connecting.Go(func() { clients[i] = listen(t, "ws://"+web+"/feed", buffer) })
	}
	connecting.Wait()
	idle := resident(t, p.PID())

	var missing atomic.Int64 // messages
	var got [news]sync.WaitGroup
	for i := range got {
		got[i].Add(listeners - deaf)
	}
	var reading sync.WaitGroup
	began := time.Now()
	for _, c := range clients[deaf:] {
		missing.Add(news)
		reading.Go(func() {
			n, err := readNews(t, c, &got)
			if err != nil {
				t.Error(err)
			}
			missing.Add(-int64(n))
		})
	}
	go func() {
		for i := range news {
			if i >= newsAhead {
				got[i-newsAhead].Wait()
			}
			line := fmt.Appendf(nil, "%06d", i)
			line = append(line, bytes.Repeat([]byte("."), newsSize)...)
			if _, err := source.Write(append(line, '\n')); err != nil {
				t.Errorf("sending: %v", err)
				return
			}
		}
	}()
	most := idle
	done := make(chan struct{})
	go func() { reading.Wait(); close(done) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(newsMinutes * time.Minute); ; {
		select {
		case <-tick.C:
			most = max(most, resident(t, p.PID()))
			continue
		case <-deadline:
			t.Fatal("not everybody has everything in time")
		case <-done:
		}
		break
	}
	took := time.Since(began)
	t.Logf("%d clients got %d messages of %d KB in %v (%.0f messages/s), %d missing; resident memory %.1f MB idle, at most %.1f MB",
		listeners-deaf, news, newsSize>>10, took.Round(time.Millisecond), float64((listeners-deaf)*news)/took.Seconds(), missing.Load(),
		float64(idle)/(1<<20), float64(most)/(1<<20))
	cut := 0
	for _, c := range clients[:deaf] {
		if _, err := readNews(t, c, nil); err != nil {
			cut++
		}
	}
	if cut != deaf {
		t.Errorf("%d of %d deaf clients were cut", cut, deaf)
	}
	if missing.Load() != 0 {
		t.Errorf("%d messages are missing", missing.Load())
	}
	if most > newsMemory {
		t.Errorf("flowrun holds %d bytes, want at most %d", most, newsMemory)
	}
}

// listen connects a websocket client with a receive buffer (0: the system's
// choice), and waits until the flow knows it.
func listen(t *testing.T, url string, buffer int) *websocket.Conn {
	var dialer net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil && buffer > 0 {
			err = conn.(*net.TCPConn).SetReadBuffer(buffer)
		}
		return conn, err
	}}
	options := &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}}
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, resp, err := websocket.Dial(t.Context(), url, options)
		if err == nil {
			t.Cleanup(func() { _ = c.CloseNow() })
			c.SetReadLimit(2 * newsSize)
			if err := c.Write(t.Context(), websocket.MessageText, []byte("ready")); err != nil {
				t.Error(err)
			}
			if _, text, err := c.Read(t.Context()); err != nil || string(text) != "ready" {
				t.Errorf("got %q, %v", text, err)
			}
			return c
		}
		if time.Now().After(deadline) || resp != nil && resp.StatusCode != http.StatusNotFound {
			t.Error(err)
			return nil
		}
		<-time.After(20 * time.Millisecond)
	}
}

// readNews reads all messages, and returns how many came in their order. It
// notes those that it got, or never will.
func readNews(t *testing.T, c *websocket.Conn, got *[news]sync.WaitGroup) (n int, err error) {
	defer func() {
		for i := n; got != nil && i < news; i++ {
			got[i].Done()
		}
	}()
	for ; n < news; n++ {
		_, text, err := c.Read(t.Context())
		if err != nil {
			return n, err
		}
		if want := fmt.Sprintf("%06d", n); len(text) != len(want)+newsSize || string(text[:len(want)]) != want {
			return n, fmt.Errorf("got %.10q, want %s", text, want)
		}
		if got != nil {
			got[n].Done()
		}
	}
	return n, nil
}
