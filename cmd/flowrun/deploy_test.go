package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDeployEcho(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	write(t, dir, "echo.json", echoFlow(port, "e"))
	p := start(t, dir, "deploy", "--admin", "off", "echo.json")
	p.await(`flowrun dev: 2 nodes in 1 flow started in \d+ ms`)
	p.await(fmt.Sprintf(`INFO  listening :%d node=e-listen type=tcp-listen name=Server`, port))
	c := dial(t, port)
	expectEcho(t, c, "hello\n")
	expectEcho(t, c, "again\n")
	p.stop()
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("at the end the client got %q, %v", rest, err)
	}
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestDeployStandardInputAndSeveralFiles(t *testing.T) {
	dir, one, two := t.TempDir(), freePort(t), freePort(t)
	write(t, dir, "one.json", echoFlow(one, "one"))
	write(t, dir, "two.json", echoFlow(two, "two"))
	p := start(t, dir, "deploy", "--admin", "off", "one.json", "two.json")
	p.await(`4 nodes in 2 flows started`)
	expectEcho(t, dial(t, one), "1")
	expectEcho(t, dial(t, two), "2")
}

func TestBusyPortLeavesOthersRunning(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	dir, free := t.TempDir(), freePort(t)
	write(t, dir, "busy.json", echoFlow(busy.Addr().(*net.TCPAddr).Port, "busy"))
	write(t, dir, "free.json", echoFlow(free, "free"))
	p := start(t, dir, "deploy", "--admin", "off", "busy.json", "free.json")
	p.await(`WARN  status: EADDRINUSE node=busy-listen type=tcp-listen name=Server`)
	p.await(`listening`)
	expectEcho(t, dial(t, free), "hello")
	p.stop()
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestAdmin(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	write(t, dir, "flows.json", `[{"id": "b1", "type": "inject", "wires": []}]`)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, dir, "deploy", "--admin", address, "--log-format", "json", "--trace", "trace.ndjson", "flows.json")
	p.await(`"msg":"admin API","url":"http://` + address + `"`)
	post := func(path, body string, want int) {
		t.Helper()
		answer, err := http.Post("http://"+address+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != want {
			text, err := io.ReadAll(answer.Body)
			t.Errorf("POST %s: %d %s, %v", path, answer.StatusCode, text, err)
		}
	}
	post("/inject/b1", "", 200)
	post("/inject/b2", "", 404)
	post("/flows", echoFlow(port, "e"), 204)
	p.await(`"msg":"listening`)
	expectEcho(t, dial(t, port), "hello")
	http.DefaultClient.CloseIdleConnections()

	second := start(t, dir, "deploy", "--admin", address, "flows.json")
	if code := second.wait(); code != exitFailed || !second.logged("choose another with --admin") {
		t.Errorf("a second flowrun on the same admin port: exit code %d", code)
	}
	p.stop()
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
	trace, err := os.ReadFile(filepath.Join(dir, "trace.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{`{"t":"hello","version":"dev"}`, `{"t":"flows","state":"started"`, `{"t":"send","id":"b1","port":0,`, `{"t":"flows","state":"stopped"`} {
		if !strings.Contains(string(trace), frame) {
			t.Errorf("the trace lacks %s", frame)
		}
	}
}

func TestDefaultAdminPortMayBeBusy(t *testing.T) {
	if busy, err := net.Listen("tcp", "127.0.0.1:1880"); err == nil {
		defer func() { _ = busy.Close() }()
	}
	dir := t.TempDir()
	write(t, dir, "flows.json", `[{"id": "c", "type": "comment"}]`)
	p := start(t, dir, "deploy", "flows.json")
	p.await(`WARN  there is no admin API`)
	p.await(`1 node in 0 flows started`)
}

func TestStubTypeThatNoNodeHas(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "flows.json", `[{"id": "c", "type": "blinker"}]`)
	p := start(t, dir, "deploy", "--admin", "off", "--stub-type", "blinker", "--stub-type", "mqtt in,ui_gauge", "flows.json")
	p.await(`WARN  no node has the type of --stub-type; .* type="mqtt in,ui_gauge"`)
	p.await(`WARN  a stub stands in for this node: it drops all messages node=c type=blinker`)
}

func TestWatch(t *testing.T) {
	dir, port, second := t.TempDir(), freePort(t), freePort(t)
	write(t, dir, "one.json", echoFlow(port, "one"))
	write(t, dir, "two.json", `[]`)
	p := start(t, dir, "deploy", "--admin", "off", "--watch", "one.json", "two.json")
	p.await(`listening`)
	c := dial(t, port)
	expectEcho(t, c, "before")

	write(t, dir, "two.json", `[{"id": "x",`)
	p.await(`ERROR the changed files were not deployed; what ran before goes on`)
	p.await(`ERROR two.json:1:`)
	expectEcho(t, c, "with an error in the file")

	write(t, dir, "two.json", echoFlow(second, "two"))
	p.await(`INFO  redeployed added=2 restarted=0 removed=0 rewired=0`)
	p.await(`listening`)
	expectEcho(t, dial(t, second), "new")
	expectEcho(t, c, "the connection has lived on")
}

func TestEnvironment(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	write(t, dir, "flows.json", strings.Replace(echoFlow(1, "e"), `"port": 1,`, `"port": "${PORT}",`, 1))
	write(t, dir, "env", fmt.Sprintf("# where to listen\nexport PORT='%d'\n", port))
	p := start(t, dir, "deploy", "--admin", "off", "--env-file", "env", "flows.json")
	p.await(fmt.Sprintf(`listening :%d`, port))
	other := freePort(t)
	q := start(t, dir, "deploy", "--admin", "off", "--env-file", "env", "--env", fmt.Sprintf("PORT=%d", other), "flows.json")
	q.await(fmt.Sprintf(`listening :%d`, other))
}

// What flows have in a context in files the next flowrun finds there.
func TestContextInFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "count.json", `[
  {"id": "f1", "type": "tab"},
  {"id": "i", "type": "inject", "z": "f1", "once": true, "onceDelay": 0, "props": [], "wires": [["f"]]},
  {"id": "f", "type": "function", "z": "f1", "wires": [[]],
   "func": "const n = (flow.get('n') || 0) + 1; flow.set('n', n); flow.set('passing', n, 'memory'); node.warn('run ' + n)"}
]`)
	for run := 1; run <= 2; run++ {
		p := start(t, dir, "deploy", "--admin", "off", "--context", "ctx", "count.json")
		p.await(fmt.Sprintf("run %d", run))
		p.stop()
		if code := p.wait(); code != exitFine {
			t.Errorf("exit code %d", code)
		}
		text, err := os.ReadFile(filepath.Join(dir, "ctx", "f1", "flow.json"))
		if want := fmt.Sprintf("{\n    \"n\": %d\n}", run); err != nil || string(text) != want {
			t.Errorf("the file has %s, %v, want %s", text, err, want)
		}
	}
	write(t, filepath.Join(dir, "ctx", "f1"), "flow.json", "{")
	p := start(t, dir, "deploy", "--admin", "off", "--context", "ctx", "count.json")
	if code := p.wait(); code != exitFailed || !p.logged("invalid JSON in context file "+filepath.Join("ctx", "f1", "flow.json")) {
		t.Errorf("a broken file: exit code %d", code)
	}
}
