package mqtttest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// stopping is how long mosquitto may take to save its sessions and end.
const stopping = 10 * time.Second

// Mosquitto is a mosquitto process.
type Mosquitto struct {
	t     testing.TB
	port  int
	dir   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
}

// NewMosquitto starts mosquitto, with more lines of configuration; it lets
// anybody in unless they say otherwise. The test is skipped where it is not
// installed, and ends the process however it ends itself.
func NewMosquitto(t testing.TB, more string) *Mosquitto {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("mosquitto is not installed (Debian: apt install mosquitto mosquitto-clients)")
	}
	m := &Mosquitto{t: t, port: sockettest.FreePort(t), dir: t.TempDir()}
	lines := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/\n"+
		"log_type all\nlog_dest file %s\n%s\n", m.port, m.dir, m.log(), more)
	if os.Geteuid() == 0 {
		lines += "user root\n" // else it cannot write into the test's directory
	}
	if err := os.WriteFile(m.config(), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	return m
}

func (m *Mosquitto) config() string { return filepath.Join(m.dir, "mosquitto.conf") }
func (m *Mosquitto) log() string    { return filepath.Join(m.dir, "mosquitto.log") }

func (m *Mosquitto) start() {
	m.t.Helper()
	cmd, ended := exec.Command("mosquitto", "-c", m.config()), make(chan struct{})
	tie(cmd)
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	if m.cmd == nil {
		m.t.Cleanup(m.stop)
	}
	m.cmd, m.ended = cmd, ended
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		c, err := net.Dial("tcp4", "127.0.0.1:"+strconv.Itoa(m.port))
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatal("mosquitto does not listen")
		}
	}
}

// stop ends the process as a service manager does: it saves its sessions, which
// it would not if it were killed. While it starts it forgets that it was told to.
func (m *Mosquitto) stop() {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(stopping)
	for {
		_ = m.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-m.ended:
			return
		case <-deadline:
			m.t.Errorf("mosquitto has not ended after %v", stopping)
			_ = m.cmd.Process.Kill()
		case <-tick.C:
		}
	}
}

// Port returns where it listens.
func (m *Mosquitto) Port() int { return m.port }

// Restart ends the process and starts another.
func (m *Mosquitto) Restart() {
	m.t.Helper()
	m.stop()
	m.start()
}

var logged = regexp.MustCompile(`version \S+ (terminating)|(Sending PUBLISH to|Received PUBACK from|Received PUBCOMP from) (\S+) \(.*?(?:m|Mid: )(\d+)`)

// Unacknowledged returns how many messages of QoS 1 and 2 to a client it waited
// for the last acknowledgement of when it ended, of all its ends together.
func (m *Mosquitto) Unacknowledged(client string) int {
	m.t.Helper()
	text, err := os.ReadFile(m.log())
	if err != nil {
		m.t.Fatal(err)
	}
	count, open := 0, map[string]bool{}
	for _, l := range logged.FindAllSubmatch(text, -1) {
		switch {
		case len(l[1]) > 0:
			count += len(open)
		case string(l[3]) != client:
		case l[2][0] == 'S':
			open[string(l[4])] = true
		default:
			delete(open, string(l[4]))
		}
	}
	return count
}
