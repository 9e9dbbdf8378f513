package e2e

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

// Clients of one tcp in node that all talk at the same time: each gets its own
// answers, all of them and in order.
func TestTCPRepliesGoToTheirOwn(t *testing.T) {
	port := testrun.FreePorts(t, 1)[0]
	newEngine(t).deploy(t, runtime.Full, fmt.Sprintf(`[
		{"id":"f","type":"tab"},
		{"id":"in","type":"tcp in","z":"f","x":1,"y":1,"server":"server","port":"%d","datatype":"utf8","newline":"\\n","wires":[["fn"]]},
		{"id":"fn","type":"function","z":"f","x":1,"y":1,"func":"msg.payload += '\\n'; return msg;","wires":[["out"]]},
		{"id":"out","type":"tcp out","z":"f","x":1,"y":1,"beserver":"reply"}]`, port))
	const clients, lines = 20, 200
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
			go func() {
				for i := range lines {
					_, _ = fmt.Fprintf(conn, "%d of %d\n", i, c)
				}
			}()
			answers := bufio.NewScanner(conn)
			for i := range lines {
				if want := fmt.Sprintf("%d of %d", i, c); !answers.Scan() || answers.Text() != want {
					t.Errorf("got %q, want %q", answers.Text(), want)
					return
				}
			}
		})
	}
	all.Wait()
}
