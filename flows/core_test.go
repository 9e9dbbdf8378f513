package flows_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestCoreExamples runs each example flow of Node-RED, which are not part of this
// project, for a second. It must start, and log no error meanwhile.
func TestCoreExamples(t *testing.T) {
	root := os.Getenv("FLOWRUN_CORE_EXAMPLES")
	switch {
	case root == "":
		t.Skip("FLOWRUN_CORE_EXAMPLES names no folder with example flows")
	case runtime.GOOS == "windows":
		t.Skip("a process cannot be interrupted there")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		name, err := filepath.Rel(root, path)
		t.Run(name, func(t *testing.T) {
			if !strings.HasPrefix(name, "network"+string(filepath.Separator)) { // these share their ports
				t.Parallel()
			}
			runExample(t, filepath.ToSlash(name), path)
		})
		return err
	})
	if err != nil || files == 0 {
		t.Fatal("no examples were read:", err)
	}
}

// exampleErrors are errors that are right, by example: what it wants to watch is
// not there.
var exampleErrors = map[string]string{
	"storage/watch/01 - Watch change of a file.json":      "Error: /tmp/hello.txt does not exist.",
	"storage/watch/02 - Watch change in a directory.json": "Error: /tmp/HG does not exist.",
}

func runExample(t *testing.T, name, path string) {
	checkComplete(t, path)
	cmd := exec.Command(binary, "deploy", "--admin", "off", "--http", "127.0.0.1:0", "--log-format", "json", path)
	cmd.Dir = t.TempDir()
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		readLog(t, logs, exampleErrors[name], started)
	}()
	wait := func(what string, event <-chan struct{}, limit time.Duration) bool {
		select {
		case <-event:
			return true
		case <-ended:
			t.Errorf("flowrun ended by itself while the test waited for %s", what)
		case <-time.After(limit):
		}
		return false
	}
	if !wait("the start", started, patience) {
		t.Error("it did not start")
	}
	wait("the second to pass", nil, time.Second)
	_ = cmd.Process.Signal(os.Interrupt)
	kill := time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	<-ended
	if err := cmd.Wait(); err != nil {
		t.Error("flowrun did not end well:", err)
	}
}

// checkComplete has check look for errors in the example.
func checkComplete(t *testing.T, path string) {
	t.Helper()
	if output, err := exec.Command(binary, "check", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// readLog reads a log to its end and tells when the flows have started. An error
// in it fails the test, unless it is the one expected.
func readLog(t *testing.T, logs io.Reader, expected string, started chan<- struct{}) {
	lines := bufio.NewScanner(logs)
	for lines.Scan() {
		var record struct{ Level, Msg string }
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			t.Errorf("%v: %s", err, lines.Bytes())
			continue
		}
		if record.Level == "ERROR" && record.Msg != expected {
			t.Errorf("logged: %s", bytes.TrimSpace(lines.Bytes()))
		}
		if strings.HasPrefix(record.Msg, "flowrun ") && strings.Contains(record.Msg, " started in ") {
			close(started)
		}
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
}
