package mqtt_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/noticeboard"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// A server that wants no WebSocket is left without a connection.
func TestRefusedWebSocket(t *testing.T) {
	var board noticeboard.Board
	opened, closed := 0, 0
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		board.Update(func() {
			switch state {
			case http.StateNew:
				opened++
			case http.StateClosed:
				closed++
			}
		})
	}
	s.Start()
	defer s.Close()
	dial, err := mqtt.Dialler(strings.Replace(s.URL, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := dial(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "expected handshake response status code 101") {
			t.Errorf("got error %v", err)
		}
	}
	if !board.Wait(t.Context(), 10*time.Second, func() bool { return opened == 3 && closed == 3 }) {
		board.Look(func() { t.Errorf("%d connections are opened and %d of them closed, want 3", opened, closed) })
	}
}

// What keeps a client from connecting is said in Node.js' words, whatever the
// broker's address begins with.
func TestNobodyListens(t *testing.T) {
	for _, scheme := range []string{"mqtt", "mqtts", "ws", "wss"} {
		address := fmt.Sprintf("127.0.0.1:%d", sockettest.FreePort(t))
		dial, err := mqtt.Dialler(scheme+"://"+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dial(t.Context()); err == nil || err.Error() != "connect ECONNREFUSED "+address {
			t.Errorf("%s: got error %v", scheme, err)
		}
	}
}

// An attempt that takes too long is given up, and the log says so once.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged []string
		o := mqtt.Options{Name: "mqtt://slow", Reconnect: time.Second}
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c := mqtt.New(o, 10, func(_ flow.Level, text string) { logged = append(logged, text) })
		c.Connect(nil)
		<-time.After(2 * time.Minute)
		c.Stop()
		want := []string{"connection failed to broker mqtt://slow: the broker has not answered within 30s"}
		if !slices.Equal(logged, want) {
			t.Errorf("logged %q, want %q", logged, want)
		}
	})
}

// Who answers in another protocol is no broker, and who hangs up on a handshake may
// want no TLS.
func TestNoBroker(t *testing.T) {
	for scheme, want := range map[string]string{
		"mqtt":  "the peer is no MQTT broker",
		"mqtts": "TLS handshake failed: the peer has closed the connection",
	} {
		l := sockettest.Serve(t, func(c net.Conn) {
			if scheme == "mqtt" {
				_, _ = c.Read(make([]byte, 1000))
				_, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n")
				return
			}
			head := make([]byte, 5) // of a TLS record: to close before it is read is a reset
			_, _ = io.ReadFull(c, head)
			_, _ = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint16(head[3:])))
		})
		said := make(chan string, 10)
		dial, err := mqtt.Dialler(fmt.Sprint(scheme, "://127.0.0.1:", sockettest.Port(l)), nil)
		if err != nil {
			t.Fatal(err)
		}
		c := mqtt.New(mqtt.Options{Name: "other", Dial: dial, Version: 4, Reconnect: time.Hour}, 10, func(_ flow.Level, text string) { said <- text })
		c.Connect(nil)
		if got := <-said; got != "connection failed to broker other: "+want {
			t.Errorf("%s: logged %q, want %q", scheme, got, want)
		}
		c.Stop()
	}
}
