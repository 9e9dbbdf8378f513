package websocket

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/credit"
)

// lazy is how a client connects whose system takes in little for it.
func lazy() *websocket.DialOptions {
	dialer := net.Dialer{}
	return &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err == nil {
				err = conn.(*net.TCPConn).SetReadBuffer(4096)
			}
			return conn, err
		},
	}}}
}

// A source that broadcasts is waited for by nobody: it waits for those who read,
// and not for one who does not. That one is cut.
func TestSlowClientIsCut(t *testing.T) {
	r, config := newListener(t, `,"maxQueue":1000000`)
	out := flowtest.New(t, Out, server, use(config))
	reader := dial(t, r.url("/ws"), nil)
	out.Until(hasBadge(out, "green dot connected 1"))
	dial(t, r.url("/ws"), lazy())
	out.Until(hasBadge(out, "green dot connected 2"))

	const n, size = 1500, 10_000
	credits := credit.NewPool(4)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for i := range n {
			_, data, err := reader.Read(t.Context())
			if want := fmt.Sprintf("%05d", i); err != nil || !strings.HasPrefix(string(data), want) {
				t.Errorf("got %.10q, %v, want %s…", data, err, want)
				return
			}
		}
	}()
	for i := range n {
		cause, ok := credits.Take(t.Context())
		if !ok {
			t.Fatal("the source waits for ever")
		}
		cause.Hold()
		msg := flow.NewMessage()
		msg.Set("payload", fmt.Sprintf("%05d%s", i, strings.Repeat(".", size)))
		if err := out.Node.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, cause)); err != nil {
			t.Fatal(err)
		}
		cause.Done()
	}
	<-read
	out.Until(hasBadge(out, "red ring error"))
	if len(config.Log) != 1 || config.Log[0].Level != flow.LevelError || !strings.Contains(config.Log[0].What, "(1 cut so far)") {
		t.Errorf("logged %v", config.Log)
	}
	for range 4 {
		if _, ok := credits.Take(t.Context()); !ok {
			t.Fatal("a cut connection keeps a credit")
		}
	}
}

// A flow may send a lot in one go.
func TestBurst(t *testing.T) {
	r, config := newListener(t, "")
	out := flowtest.New(t, Out, server, use(config))
	conn := dial(t, r.url("/ws"), nil)
	out.Until(hasBadge(out, "green dot connected 1"))
	const n = 10_000
	for i := range n {
		out.Handle(payload(fmt.Sprint(i)))
	}
	for i := range n {
		expect(t, conn, fmt.Sprint(i))
	}
}

// A client that floods is read no faster than the flow handles what it sends.
func TestFlood(t *testing.T) {
	r, config := newListener(t, "")
	posted := make(chan *flow.Cause, 1000)
	flowtest.New(t, In, server, use(config), func(e *flow.Env) { e.Host = busy{e.Host, posted} })
	conn := dial(t, r.url("/ws"), nil)
	go func() {
		for i := 0; ; i++ {
			if err := conn.Write(t.Context(), websocket.MessageText, make([]byte, 10_000)); err != nil {
				return // the test has ended
			}
		}
	}()
	const credits = 16
	causes := make([]*flow.Cause, credits)
	for i := range causes {
		causes[i] = <-posted
	}
	if len(posted) > 0 {
		t.Fatalf("more than %d messages are on their way", credits)
	}
	for _, c := range causes[:3] {
		c.Done()
		<-posted
	}
	if len(posted) > 0 {
		t.Error("more came in than was done")
	}
}

// busy is a host whose flow never runs.
type busy struct {
	flow.Host
	posted chan *flow.Cause
}

func (b busy) Post(c *flow.Cause, _ flow.Task) {
	c.Hold()
	b.posted <- c
}

// A connection that does not answer pings is cut; one that does is not, also
// while the flow is busy with what it has sent.
func TestHeartbeat(t *testing.T) {
	r, config := newListener(t, `,"hb":0.5`)
	posted := make(chan *flow.Cause, 1000)
	in := flowtest.New(t, In, server, use(config))
	flowtest.New(t, In, server, use(config), named("n2"), func(e *flow.Env) { e.Host = busy{e.Host, posted} })

	alive := dial(t, r.url("/ws"), nil)
	in.Until(hasBadge(in, "green dot connected 1"))
	for range 20 {
		say(t, alive, "more than the flow takes")
	}
	ctx := alive.CloseRead(t.Context()) // answers pings
	dial(t, r.url("/ws"), nil)          // reads nothing, so it does not
	in.Until(hasBadge(in, "red ring error"))
	in.Until(hasBadge(in, "green dot connected 1"))
	if ctx.Err() != nil {
		t.Error("the connection that answers has ended")
	}
	if len(config.Log) != 1 || !strings.Contains(config.Log[0].What, "does not answer pings") {
		t.Errorf("logged %v", config.Log)
	}
}

// A client that does not read what is on its way to it, and says what is too large,
// is gone all the same.
func TestSlowClientBreaksTheLimit(t *testing.T) {
	r, config := newListener(t, `,"maxPayload":1000,"maxQueue":100000000`)
	out := flowtest.New(t, Out, server, use(config))
	c := dial(t, r.url("/ws"), lazy())
	out.Until(hasBadge(out, "green dot connected 1"))
	for range 40 { // more than the systems' buffers take
		out.Handle(payload(strings.Repeat("x", 600_000)))
	}
	if err := c.Write(t.Context(), websocket.MessageText, make([]byte, 2000)); err != nil {
		t.Fatal(err)
	}
	out.Until(hasBadge(out, "red ring disconnected"))
}
