package mqtt_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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
