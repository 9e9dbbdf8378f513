package websockets

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// owner is a node whose environment a hub gets.
type owner struct{ flow.Env }

// Handle implements [flow.Node].
func (owner) Handle(*flow.Message, flow.Outlet) error { return nil }

func ownedHub(t *testing.T, o Options) (*Hub, *flowtest.Driver) {
	t.Helper()
	d := flowtest.New(t, flow.Define(flow.Spec[struct{}]{
		Name: "owner", Default: func() struct{} { return struct{}{} },
		New: func(_ struct{}, env flow.Env) (flow.Node, error) { return owner{env}, nil },
	}), `{}`)
	return NewServer(d.Node.(owner).Env, o), d
}

// What a hub expects and what never opens is closed, also if the hub has stopped.
func TestExpectedInVain(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		h, _ := ownedHub(t, DefaultOptions())
		if stopped {
			h.Stop(websocket.StatusGoingAway)
		}
		peer, socket := net.Pipe()
		h.Expect(socket)(nil)
		if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("stopped %v: the socket is still open: %v", stopped, err)
		}
	}
}

// Too much for one that has not opened yet cuts it, and is told.
func TestTooMuchBeforeItOpens(t *testing.T) {
	o := DefaultOptions()
	o.MaxQueue = 1000
	h, d := ownedHub(t, o)
	_, socket := net.Pipe()
	serve := h.Expect(socket)
	for range 3 {
		if err := h.Send(Message{Data: make([]byte, 900)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	serve(nil)
	d.Run()
	if len(d.Log) != 1 {
		t.Errorf("the log is %v", d.Log)
	}
}
