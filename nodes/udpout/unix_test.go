package udpout_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/nodes/udpout"
	"github.com/flowrun/flowrun/runtime/session"
)

// receiveUnix returns a Unix socket with a name.
func receiveUnix(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func skipWithoutUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no Unix sockets for datagrams")
	}
}

func TestSendToPath(t *testing.T) {
	skipWithoutUnix(t)
	path := filepath.Join(t.TempDir(), "s")
	c := receiveUnix(t, path)
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"path":%q}`, path))
	d.Handle(`{"payload":"hello"}`)
	d.Handle(`{"payload":""}`)
	d.Handle(`{"payload":1}`)
	buf := make([]byte, 100)
	for _, want := range []string{"hello", ""} {
		if n, from, err := c.ReadFromUnix(buf); err != nil || string(buf[:n]) != want || from != nil && from.Name != "" {
			t.Errorf("received %q from %v, %v", buf[:n], from, err)
		}
	}
	_ = c.Close()
	d.Handle(`{"payload":"nobody is there"}`)
	_ = os.Remove(path)
	d.Handle(`{"payload":"nothing is there"}`)
	sent := fmt.Sprintf(`{"event":"sent","sessionId":"sess-*","path":%q,"bytes":%%d}`, path)
	failed := `{"errorCode":"UDP_SEND_FAILED","errorText":"send %s ` + path + `","event":"error","sessionId":"sess-*"}`
	sockettest.Expect(t, d, 0, fmt.Sprintf(sent, 5), fmt.Sprintf(sent, 0),
		`{"errorCode":"PAYLOAD_INVALID","errorText":"payload must be string or Buffer","event":"error","sessionId":"sess-*"}`,
		fmt.Sprintf(failed, "ECONNREFUSED"), fmt.Sprintf(failed, "ENOENT"))
}

// A receiver that does not read holds nobody up.
func TestFullPath(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("systems say it in different ways")
	}
	path := filepath.Join(t.TempDir(), "s")
	receiveUnix(t, path)
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"path":%q}`, path))
	for range 10_000 { // more than net.unix.max_dgram_qlen
		d.Handle(`{"payload":"x"}`)
		list := d.Messages(0)
		if m := list[len(list)-1]; m.Get("status") == "error" {
			if want := "send EAGAIN " + path; m.Get("errorText") != want {
				t.Errorf("got %v, want %s", m.Get("errorText"), want)
			}
			return
		}
	}
	t.Error("the receiver took all")
}

// A udp-out gets replies on a socket of its own, and one that answers sends from
// the socket that received.
func TestAnswersOverPaths(t *testing.T) {
	skipWithoutUnix(t)
	dir := t.TempDir()
	path, own := filepath.Join(dir, "in"), filepath.Join(dir, "own")
	names := []string{own}
	if runtime.GOOS == "linux" {
		names = append(names, "") // the system finds one
	}
	for _, local := range names {
		st := session.New()
		in := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"path":%q,"mode":"utf8"}`, path), func(e *flow.Env) { e.ID = "in" })
		answers := flowtest.New(t, udpout.Type(st), `{"reply":true}`, func(e *flow.Env) { e.ID = "answers" })
		asks := flowtest.New(t, udpout.Type(st),
			fmt.Sprintf(`{"path":%q,"receive":true,"localPath":%q,"mode":"utf8"}`, path, local), func(e *flow.Env) { e.ID = "asks" })
		asks.Handle(`{"payload":"ping"}`)
		in.Until(func() bool { return len(in.Messages(1)) == 1 })
		request := in.Messages(1)[0].Clone()
		request.Set("payload", "pong")
		answers.HandleMessage(request)
		sockettest.Expect(t, asks, 1, fmt.Sprintf(
			`{"event":"data","sessionId":"sess-*","payload":"pong","rinfo":{"address":%q,"family":"Unix","size":4}}`, path))
		for _, d := range []*flowtest.Driver{in, answers, asks} {
			sockettest.Stop(t, d, flow.Removed)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
			t.Errorf("files are left: %v", left)
		}
	}
}

func TestNamelessSendersGetNoAnswer(t *testing.T) {
	skipWithoutUnix(t)
	path := filepath.Join(t.TempDir(), "in")
	st := session.New()
	flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"path":%q}`, path), func(e *flow.Env) { e.ID = "in" }).Run()
	d := flowtest.New(t, udpout.Type(st), `{"reply":true}`, func(e *flow.Env) { e.ID = "answers" })
	d.Handle(fmt.Sprintf(`{"payload":"x","sessionId":%q,"rinfo":{"address":"","family":"Unix"}}`, st.Snapshot()[0].ID))
	sockettest.Expect(t, d, 0, `{"errorCode":"SEND_INVALID","errorText":"udp-out requires a path; a sender whose socket has no name cannot be answered","event":"error","sessionId":"sess-*"}`)
}
