package tcplisten_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/nodes/tcpsend"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func TestEcho(t *testing.T) {
	for _, mode := range []string{"line", "binary"} {
		t.Run(mode, func(t *testing.T) {
			st := session.New()
			port := freePort(t)
			srv := flowtest.New(t, tcplisten.Type(st), fmt.Sprintf(`{"host":"127.0.0.1","port":"%d","mode":%q}`, port, mode))
			send := flowtest.New(t, tcpsend.Type(st), `{"lineTerminator":"lf"}`, func(e *flow.Env) { e.ID = "send" })
			srv.Until(func() bool { return len(srv.Sent(0)) == 1 })
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "hello\n")
			srv.Until(func() bool { return len(srv.Sent(1)) == 1 })
			m := srv.Messages(1)[0].Clone()
			send.HandleMessage(m)
			line, err := bufio.NewReader(c).ReadString('\n')
			t.Log(line, err, srv.Sent(0), srv.Sent(1), send.Sent(0), srv.Badges())
			fmt.Fprintf(c, "again\n")
			send.Until(func() bool { return len(send.Sent(1)) == 1 })
			send.HandleMessage(send.Messages(1)[0].Clone())
			c.Close()
			srv.Until(func() bool { return strings.Contains(fmt.Sprint(srv.Sent(0)), "disconnected") })
			t.Log(send.Sent(0), send.Sent(1), srv.Sent(0))
		})
	}
}
