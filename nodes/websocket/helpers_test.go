package websocket

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/webroutes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// routes is a server that has a table of routes.
type routes struct {
	*webroutes.Table
	server *httptest.Server
}

func newRoutes(t testing.TB) *routes {
	table := webroutes.New(webroutes.Options{})
	r := &routes{table, httptest.NewServer(table)}
	t.Cleanup(r.server.Close)
	return r
}

// url returns the URL of a path for websockets.
func (r *routes) url(path string) string {
	return "ws" + strings.TrimPrefix(r.server.URL, "http") + path
}

// use makes a config node visible to others as "config". Their badges wake
// whoever waits for them.
func use(config *flowtest.Driver) func(*flow.Env) {
	return func(e *flow.Env) {
		e.Host = waking{e.Host}
		e.Config = func(id string) flow.Node {
			if id == "config" {
				return config.Node
			}
			return nil
		}
	}
}

// waking is a host that has a test look again when a badge is shown.
type waking struct{ flow.Host }

func (w waking) Status(badge *flow.Object) {
	w.Host.Status(badge)
	w.Post(nil, flow.TaskFunc(func(flow.Outlet) error { return nil }))
}

// named gives a node another id.
func named(id string) func(*flow.Env) { return func(e *flow.Env) { e.ID = id } }

// newListener starts a listener at /ws.
func newListener(t testing.TB, config string) (*routes, *flowtest.Driver) {
	t.Helper()
	r := newRoutes(t)
	d := flowtest.New(t, Listener(r.Table), `{"path":"/ws"`+config+`}`)
	d.Run()
	return r, d
}

// dial connects a client.
func dial(t testing.TB, url string, options *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), url, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// say sends text.
func say(t testing.TB, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// expect reads text.
func expect(t testing.TB, conn *websocket.Conn, want string) {
	t.Helper()
	kind, data, err := conn.Read(t.Context())
	if err != nil {
		t.Fatalf("reading, when it should be %q: %v", want, err)
	}
	if kind != websocket.MessageText || string(data) != want {
		t.Errorf("got %v %q, want text %q", kind, data, want)
	}
}

// stop stops a driver's node, as a deploy does.
func stop(t testing.TB, d *flowtest.Driver, reason flow.StopReason) {
	t.Helper()
	if err := d.Node.(flow.Stopper).Stop(context.Background(), reason); err != nil {
		t.Error(err)
	}
}

// sessionless returns what was sent without the ids of sessions.
func sessionless(t testing.TB, d *flowtest.Driver) []string {
	t.Helper()
	var list []string
	for _, m := range d.Messages(0) {
		session, ok := m.Get("_session").(*flow.Object)
		if !ok || session.Get("type") != "websocket" || session.Get("id") == nil {
			t.Errorf("the session is %s", flow.JSON(m.Get("_session")))
		}
		m = m.Clone()
		m.Delete("_session")
		m.Delete(flow.MsgID)
		list = append(list, flow.JSON(m))
	}
	return list
}

// hasBadge tells whether a badge was shown.
func hasBadge(d *flowtest.Driver, badge string) func() bool {
	return func() bool { return slices.Contains(d.Badges(), badge) }
}

// showsBadge is true as long as the badge is the last one.
func showsBadge(d *flowtest.Driver, badge string) func() bool {
	return func() bool {
		badges := d.Badges()
		return len(badges) > 0 && badges[len(badges)-1] == badge
	}
}

func payload(s string) string { return fmt.Sprintf(`{"payload":%q}`, s) }
