package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// nodeREDVariable names the red.js of an installed Node-RED. The tests with a
// real one are skipped without it:
//
//	npm install --prefix DIR node-red@4.1
//	FLOWRUN_NODE_RED=DIR/node_modules/node-red/red.js go test ./cmd/flowrun -run NodeRED
const nodeREDVariable = "FLOWRUN_NODE_RED"

// nodeREDSettings has two static tokens: one may do everything, one may read.
const nodeREDSettings = `module.exports = {
  uiHost: "127.0.0.1", flowFile: "flows.json", flowFilePretty: true, credentialSecret: "a secret",
  adminAuth: {type: "credentials", users: [], tokens: async (token) =>
    token === "writer" ? {username: "w", permissions: "*"} : token === "reader" ? {username: "r", permissions: "read"} : null},
}`

// nodeRED starts a Node-RED with a user directory and returns its address and
// what stops it.
func nodeRED(t *testing.T, userDir string) (address string, stop func()) {
	t.Helper()
	red := os.Getenv(nodeREDVariable)
	if red == "" {
		t.Skipf("%s names no Node-RED", nodeREDVariable)
	}
	write(t, userDir, "settings.js", nodeREDSettings)
	port := freePort(t)
	var log bytes.Buffer
	cmd := exec.Command("node", red, "--userDir", userDir, "--settings", filepath.Join(userDir, "settings.js"), "--port", fmt.Sprint(port))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("Node-RED:\n%s", log.String())
		}
	}
	t.Cleanup(stop)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	address = fmt.Sprintf("127.0.0.1:%d", port)
	deadline := time.After(patience)
	for {
		answer, err := http.Get("http://" + address + "/auth/login")
		if err == nil {
			_ = answer.Body.Close()
			return address, stop
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatalf("Node-RED does not start: %v", err)
		}
	}
}

// fetchNodeRED makes a GET request and returns the body of the answer.
func fetchNodeRED(t *testing.T, address, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer writer")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// forNodeRED are flows that both can run, with credentials beside them.
func forNodeRED(t *testing.T, dir, name string) {
	t.Helper()
	write(t, dir, "flows.json", fmt.Sprintf(`[
  {"id": "f1", "type": "tab", "label": "Größe", "env": []},
  {"id": "i", "type": "inject", "z": "f1", "name": %q, "props": [{"p": "payload", "v": "1", "vt": "num"}], "x": 100.5, "y": 80, "wires": [["d"]]},
  {"id": "d", "type": "debug", "z": "f1", "active": false, "x": 300, "y": 80, "wires": []}
]`, name))
	write(t, dir, "flows_cred.json", `{"f1": {"PASSWORD": "geheim"}}`)
}

func TestPushToNodeRED(t *testing.T) {
	address, _ := nodeRED(t, t.TempDir())
	dir := t.TempDir()
	forNodeRED(t, dir, "one")
	push := func(want int, said string, args ...string) {
		t.Helper()
		p := start(t, dir, append([]string{"deploy", "--to", address, "flows.json"}, args...)...)
		if code := p.wait(); code != want || !p.logged(said) {
			t.Errorf("deploy %v: exit code %d, want %d and %q", args, code, want, said)
		}
	}
	push(exitFailed, "wants a token")
	push(exitFailed, "does not accept the token", "--token", "nonsense")
	push(exitFailed, "does not accept the token, or it may not do this", "--token", "reader")
	push(exitFine, "", "--token", "reader", "--dry-run")
	if flows := fetchNodeRED(t, address, "/flows"); flows != "[]" {
		t.Errorf("nothing was deployed, and there is %s", flows)
	}
	push(exitFine, "added=2 restarted=0 removed=0 rewired=0", "--token", "writer")
	forNodeRED(t, dir, "two")
	push(exitFine, "added=0 restarted=1 removed=0 rewired=0", "--token", "writer", "--type", "nodes")
	v, err := flow.ParseJSON([]byte(fetchNodeRED(t, address, "/flows")))
	if err != nil {
		t.Fatal(err)
	}
	want, problems := flowfile.Load(filepath.Join(dir, "flows.json"))
	if list, ok := v.(flow.Array); problems != nil || !ok || len(list) != 3 || !flow.Equal(list[1], want.Nodes[1].Props) {
		t.Errorf("Node-RED has %s", flow.JSON(v))
	}
	if c := fetchNodeRED(t, address, "/credentials/tab/f1"); c != `{"has_PASSWORD":true}` {
		t.Errorf("Node-RED's credentials are %s", c)
	}
}

// Either goes on with the directory that the other has left.
func TestDataOfNodeRED(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	address, stop := nodeRED(t, data)
	forNodeRED(t, dir, "one")
	p := start(t, dir, "deploy", "--to", address, "--token", "writer", "flows.json")
	if code := p.wait(); code != exitFine {
		t.Fatalf("exit code %d", code)
	}
	revision := fetchNodeRED(t, address, "/flows")
	stop()
	theirs, err := os.ReadFile(filepath.Join(data, "flows.json"))
	if err != nil {
		t.Fatal(err)
	}

	write(t, dir, "secret", "a secret")
	s := serve(t, "--data", data, "--credential-secret-file", filepath.Join(dir, "secret"))
	if flows := s.do("GET", "/flows", "", 200); flows != revision {
		t.Errorf("flowrun finds %s, want %s", flows, revision)
	}
	// Something else, and the same again: the file is Node-RED's to the byte.
	s.do("POST", "/flows", strings.Replace(revision, `"one"`, `"other"`, 1), 204)
	s.do("POST", "/flows", revision, 204)
	s.end()
	ours, err := os.ReadFile(filepath.Join(data, "flows.json"))
	if err != nil || !bytes.Equal(ours, theirs) {
		t.Errorf("the file is\n%s\nwant\n%s", ours, theirs)
	}

	address, _ = nodeRED(t, data)
	if flows := fetchNodeRED(t, address, "/flows"); flows != revision {
		t.Errorf("Node-RED finds %s, want %s", flows, revision)
	}
	if c := fetchNodeRED(t, address, "/credentials/tab/f1"); c != `{"has_PASSWORD":true}` {
		t.Errorf("Node-RED's credentials are %s", c)
	}
}
