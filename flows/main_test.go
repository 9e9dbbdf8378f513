package flows_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/testrun"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// binary is the flowrun that the tests run.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "flowrun")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if binary, err = testrun.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// deployment is a running flowrun with the examples of one test.
type deployment struct {
	t     *testing.T
	dir   string         // it runs there
	ports map[string]int // by the port that stands in the example

	mu     sync.Mutex
	frames []frame
	more   chan struct{} // closed when a frame comes

	ended chan struct{} // closed when the trace has ended
}

// frame is a line of the trace.
type frame struct {
	Type  string         `json:"t"`
	State string         `json:"state"`
	ID    string         `json:"id"`
	Msg   map[string]any `json:"msg"`
}

var (
	portProperty = regexp.MustCompile(`(port"?: *"?)([1-9]\d+)`) // and not the outputs of a subflow
	portOwner    = regexp.MustCompile(`type"?: *"?(tcp-listen|udp-in)\b`)
)

// deploy runs copies of the examples in which each port is replaced by a free
// one, and waits until they have started and all of them listen.
func deploy(t *testing.T, files ...string) *deployment {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the trace is read from an inherited pipe")
	}
	d := &deployment{t: t, dir: t.TempDir(), ports: map[string]int{}, more: make(chan struct{}), ended: make(chan struct{})}
	args, listeners := d.copyExamples(files)

	trace, traceWriter, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"deploy", "--admin", "off", "--trace", "/dev/fd/3"}, args...)
	cmd := exec.Command(binary, args...)
	cmd.Dir = d.dir
	cmd.ExtraFiles = []*os.File{traceWriter}

	go d.read(trace)
	t.Cleanup(func() { // runs after the process has ended
		_ = traceWriter.Close()
		<-d.ended
	})
	testrun.Start(t, cmd)
	_ = traceWriter.Close()

	d.wait("the flows to start", 1, func(f frame) bool { return f.Type == "flows" && f.State == "started" })
	d.wait("all nodes to listen", listeners, func(f frame) bool {
		return f.Type == "send" && f.Msg["event"] == "listening"
	})
	return d
}

// copyExamples returns the paths of the copies and how many of their nodes
// listen.
func (d *deployment) copyExamples(files []string) (paths []string, listeners int) {
	d.t.Helper()
	free := testrun.FreePorts(d.t, 16)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			d.t.Fatal(err)
		}
		listeners += len(portOwner.FindAll(text, -1))
		text = portProperty.ReplaceAllFunc(text, func(match []byte) []byte {
			parts := portProperty.FindSubmatch(match)
			port, known := d.ports[string(parts[2])]
			if !known {
				port, free = free[0], free[1:]
				d.ports[string(parts[2])] = port
			}
			return strconv.AppendInt(parts[1], int64(port), 10)
		})
		path := filepath.Join(d.dir, filepath.Base(file))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			d.t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths, listeners
}

// addr returns the address of what listens on this port in the example.
func (d *deployment) addr(port string) string {
	d.t.Helper()
	free, known := d.ports[port]
	if !known {
		d.t.Fatalf("the example has no port %s", port)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
}

// read collects the frames of a trace until it ends.
func (d *deployment) read(trace io.ReadCloser) {
	defer close(d.ended)
	defer func() { _ = trace.Close() }()
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var f frame
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			d.t.Errorf("trace: %v: %s", err, lines.Bytes())
			continue
		}
		d.mu.Lock()
		d.frames = append(d.frames, f)
		close(d.more)
		d.more = make(chan struct{})
		d.mu.Unlock()
	}
	if err := lines.Err(); err != nil {
		d.t.Errorf("trace: %v", err)
	}
}

// wait returns the first n frames that match, as soon as there are so many.
func (d *deployment) wait(what string, n int, match func(frame) bool) []frame {
	d.t.Helper()
	deadline := time.After(patience)
	for {
		found, more := d.matching(match)
		if len(found) >= n {
			return found[:n]
		}
		select {
		case <-more:
		case <-d.ended:
			d.t.Fatalf("flowrun ended while the test waited for %s: got %d of %d", what, len(found), n)
		case <-deadline:
			d.t.Fatalf("waited for %s: got %d of %d", what, len(found), n)
		}
	}
}

func (d *deployment) matching(match func(frame) bool) ([]frame, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []frame
	for _, f := range d.frames {
		if match(f) {
			found = append(found, f)
		}
	}
	return found, d.more
}

// received returns the payloads of the first n messages that a node gets.
func (d *deployment) received(id string, n int) []any {
	d.t.Helper()
	found := d.wait("messages to "+id, n, func(f frame) bool { return f.Type == "receive" && f.ID == id })
	payloads := make([]any, n)
	for i, f := range found {
		payloads[i] = f.Msg["payload"]
	}
	return payloads
}

// event waits until a node has sent an event of this name.
func (d *deployment) event(id, event string) {
	d.t.Helper()
	d.wait(event+" of "+id, 1, func(f frame) bool {
		return f.Type == "send" && f.ID == id && f.Msg["event"] == event
	})
}

// client is a TCP client that speaks in lines.
type client struct {
	net.Conn
	t   *testing.T
	buf *bufio.Reader
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{conn, t, bufio.NewReader(conn)}
}

func (d *deployment) dial(port string) *client {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.addr(port))
	if err != nil {
		d.t.Fatal(err)
	}
	return newClient(d.t, conn)
}

func (d *deployment) dialUDP(port string) *client {
	d.t.Helper()
	conn, err := net.Dial("udp", d.addr(port))
	if err != nil {
		d.t.Fatal(err)
	}
	return newClient(d.t, conn)
}

func (c *client) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// expect reads exactly this text.
func (c *client) expect(text string) {
	c.t.Helper()
	got := make([]byte, len(text))
	n, err := io.ReadFull(c.buf, got)
	if string(got[:n]) != text {
		c.t.Fatalf("got %q, %v; want %q", got[:n], err, text)
	}
}

// expectEnd reads the end of the connection.
func (c *client) expectEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.buf); err != nil || len(rest) > 0 {
		c.t.Fatalf("got %q, %v; want the end of the connection", rest, err)
	}
}
