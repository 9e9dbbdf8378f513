package tcplisten_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	d := flowtest.New(t, tcplisten.Type(session.New()), `{"path":"`+path+`","pathMode":"0600","mode":"line"}`)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	peer, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(peer, "hi\n")
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":"hi"}`)
	_ = peer.Close()
	sockettest.Expect(t, d, 0,
		`{"event":"listening","path":"`+path+`"}`,
		`{"event":"connected","sessionId":"sess-*","path":"`+path+`"}`,
		`{"event":"disconnected","sessionId":"sess-*"}`)
	sockettest.ExpectBadges(t, d, "green dot listening "+path)
	sockettest.Stop(t, d, flow.Removed)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

func TestPortOfTheSystem(t *testing.T) {
	d := flowtest.New(t, tcplisten.Type(session.New()), `{"host":"127.0.0.1","port":"auto","keepAlive":true,"receiveBufferSize":20000,"typeOfService":16}`)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	port, _ := d.Messages(0)[0].Get("localPort").(float64)
	peer := sockettest.Dial(t, int(port))
	_, _ = io.WriteString(peer, "x")
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
	for _, m := range d.Messages(0) {
		if m.Get("status") != "ok" {
			t.Errorf("%s", flow.JSON(m.Object()))
		}
	}
}

func TestPortOfSeveral(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux spreads connections")
	}
	st, port := session.New(), sockettest.FreePort(t)
	config := `{"host":"127.0.0.1","port":` + flow.Text(float64(port)) + `,"reusePort":true,"backlog":16}`
	a := flowtest.New(t, tcplisten.Type(st), config, func(e *flow.Env) { e.ID = "a" })
	b := flowtest.New(t, tcplisten.Type(st), config, func(e *flow.Env) { e.ID = "b" })
	for _, d := range []*flowtest.Driver{a, b} {
		d.Until(func() bool { return len(d.Messages(0)) == 1 })
		if m := d.Messages(0)[0]; m.Get("event") != "listening" {
			t.Errorf("%s", flow.JSON(m.Object()))
		}
	}
}

func TestListeningIsChecked(t *testing.T) {
	for config, want := range map[string]string{
		`{"family":5}`:              "family: expected 0, 4 or 6",
		`{"pathMode":"rw"}`:         `pathMode: expected permissions in octal such as 0660, got "rw"`,
		`{"linger":"-5"}`:           "linger: expected a number from -1 to 65535, got -5",
		`{"keepAliveCount":"1000"}`: "keepAliveCount: expected a number from 0 to 127, got 1000",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tcplisten.Type(nil).New(props.(*flow.Object), flow.Env{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
