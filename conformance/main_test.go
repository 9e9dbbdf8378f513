//go:build unix

package conformance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
)

var (
	update = flag.Bool("update", false, "rewrite the expected parts of the declared differences")
	table  = flag.String("table", "", "write a summary of the scenarios to `FILE`")
)

// errNoNamespace says that this machine or user cannot have a network namespace.
var errNoNamespace = errors.New("a network namespace takes Linux and root")

// What a child process in a namespace of its own is told by its environment.
const (
	childScenario = "CONFORMANCE_SCENARIO"
	childBinary   = "CONFORMANCE_BINARY"
	childDir      = "CONFORMANCE_DIR"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childScenario); name != "" {
		os.Exit(childMain(name, os.Getenv(childBinary), os.Getenv(childDir)))
	}
	flag.Parse()
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
		// Scenarios mostly wait, so more of them run at a time than there are processors.
		if err := flag.Set("test.parallel", "4"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

// childMain runs one scenario in the namespace that this process is in, and
// writes the transcript to childTranscript(dir).
func childMain(name, binary, dir string) (exitCode int) {
	if err := enterNamespace(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitNoNamespace
	}
	if err := childRun(name, binary, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func childRun(name, binary, dir string) error {
	const admin, first = 20999, 21001 // nobody else is in the namespace
	ports := make([]int, scenarioPorts)
	for i := range ports {
		ports[i] = first + i
	}
	ctx := context.Background()
	r := runner{name: name, binary: binary, dir: dir, adminPort: admin, ports: newPortMap(ports)}
	s, err := loadScenario(name, r.ports)
	if err != nil {
		return err
	}
	if s.DNS != "none" {
		server, err := net.ListenPacket("udp4", "127.0.0.1:53")
		if err != nil {
			return err
		}
		go serveDNS(ctx, server) // to the end of this process
	}
	transcript, err := r.run(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(childTranscript(dir), flow.AppendJSON(nil, transcript), 0o600)
}

func childTranscript(dir string) string { return filepath.Join(dir, "transcript.json") }
