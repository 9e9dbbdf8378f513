package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/nodes"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// engine is all of flowrun but the command line.
type engine struct {
	*runtime.Runtime
	sessions *session.Store
	context  *state.Stores
	stopped  bool
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	sessions, stores := session.New(), state.New()
	registry, err := nodes.Catalog(nodes.Deps{Sessions: sessions, Context: stores})
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{
		Runtime:  runtime.New(runtime.Options{Registry: registry, Context: stores, Drain: 5 * time.Second}),
		sessions: sessions, context: stores,
	}
	t.Cleanup(func() { e.stop(t) })
	return e
}

func (e *engine) stop(t testing.TB) {
	t.Helper()
	if e.stopped {
		return
	}
	e.stopped = true
	if err := e.Shutdown(context.Background()); err != nil {
		t.Errorf("shutting down: %v", err)
	}
	e.sessions.Close()
}

func (e *engine) deploy(t testing.TB, typ runtime.DeployType, text string) {
	t.Helper()
	flows, problems := flowfile.Parse("test.json", []byte(text))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	if _, err := e.Deploy(t.Context(), flows, typ); err != nil {
		t.Fatal(err)
	}
}

const (
	bursts     = 10
	burst      = 100 // connections of a burst
	steady     = 20  // connections that stay all the time
	redeploys  = 50  // at least
	echoesEach = 3
)

// Connections come and go in bursts while other nodes are redeployed: none is
// dropped, nothing leaks.
func TestRedeployKeepsConnections(t *testing.T) {
	before := goruntime.NumGoroutine()
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)).String()
	flows := func(version int) string {
		return fmt.Sprintf(`[{"id":"t","type":"tab"},{"id":"t2","type":"tab"},
			{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":"line","wires":[[],["f"]]},
			{"id":"f","type":"function","z":"t","x":2,"y":1,"func":"return {sessionId: msg.sessionId, payload: msg.payload}","wires":[["out"]]},
			{"id":"out","type":"tcp-send","z":"t","x":3,"y":1,"lineTerminator":"lf","wires":[[],["f"]]},
			{"id":"other","type":"function","z":"t","x":1,"y":2,"func":"return null; // %d","wires":[["far"]]},
			{"id":"far","type":"change","z":"t2","x":1,"y":3,"name":"%d","rules":[],"wires":[[]]}]`, port, version, version)
	}
	e.deploy(t, runtime.Full, flows(0))
	waitFor(t, "the server to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})

	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range steady {
		clients.Go(func() {
			if err := talk(address, stop, 0); err != nil {
				t.Errorf("a connection that stays: %v", err)
			}
		})
	}
	over := make(chan struct{}) // the bursts
	clients.Go(func() {
		defer close(over)
		for range bursts {
			var some sync.WaitGroup
			for range burst {
				some.Go(func() {
					if err := talk(address, nil, echoesEach); err != nil {
						t.Errorf("a connection of a burst: %v", err)
					}
				})
			}
			some.Wait()
		}
	})
	deploys := 0
	for more := true; more || deploys < redeploys; deploys++ { // as long as there are bursts
		e.deploy(t, runtime.Nodes, flows(deploys+1))
		select {
		case <-over:
			more = false
		default:
		}
	}
	t.Logf("%d deploys", deploys)
	close(stop)
	clients.Wait()

	waitFor(t, "all sessions to end", func() bool { return len(e.sessions.Snapshot()) == 0 })
	e.stop(t)
	waitFor(t, "all goroutines to end", func() bool { return goruntime.NumGoroutine() <= before })
}

// talk sends lines and expects them back, n times, or until stop is closed.
func talk(address string, stop <-chan struct{}, n int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
	replies := bufio.NewReader(conn)
	for i := 0; n == 0 || i < n; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		line := fmt.Sprintf("line %d of %s", i, conn.LocalAddr())
		if _, err := fmt.Fprintln(conn, line); err != nil {
			return fmt.Errorf("sending line %d: %w", i, err)
		}
		reply, err := replies.ReadString('\n')
		if err != nil {
			return fmt.Errorf("awaiting the answer to line %d: %w", i, err)
		}
		if strings.TrimSuffix(reply, "\n") != line {
			return fmt.Errorf("line %d came back as %q", i, reply)
		}
	}
	return nil
}

// waitFor polls: what it waits for has no event to wait for.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("waiting for %s took too long; goroutines:\n%s", what, buf[:goruntime.Stack(buf, true)])
		}
		<-time.After(10 * time.Millisecond)
	}
}

// One output wired to [send goodbye, disconnect]: the goodbye always arrives,
// also under load, and a variable set in one branch is there in the next.
func TestGoodbyeThenDisconnect(t *testing.T) {
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, fmt.Sprintf(`[{"id":"t","type":"tab"},
		{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":"line","wires":[[],["set","bye"]]},
		{"id":"set","type":"function","z":"t","x":1,"y":1,"func":"flow.set('last', msg.payload)","wires":[[]]},
		{"id":"bye","type":"function","z":"t","x":2,"y":1,"func":"return {sessionId: msg.sessionId, payload: 'goodbye ' + flow.get('last')}","wires":[["out","end"]]},
		{"id":"out","type":"tcp-send","z":"t","x":3,"y":1,"lineTerminator":"lf","wires":[[],[]]},
		{"id":"end","type":"tcp-disconnect","z":"t","x":3,"y":2,"wires":[[]]}]`, port))
	address := fmt.Sprintf("127.0.0.1:%d", port)
	waitFor(t, "the server to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	var clients sync.WaitGroup
	for worker := range 4 {
		clients.Go(func() {
			for i := range 250 {
				if err := leave(address, fmt.Sprintf("w%d-%d", worker, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
}

func leave(address, name string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintln(conn, name); err != nil {
		return err
	}
	var got strings.Builder
	if _, err := bufio.NewReader(conn).WriteTo(&got); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if want := "goodbye " + name + "\n"; got.String() != want {
		return fmt.Errorf("got %q, want %q", got.String(), want)
	}
	return nil
}
