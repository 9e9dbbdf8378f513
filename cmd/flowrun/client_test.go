package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
)

// secretToken must show up nowhere.
const secretToken = "planted-token-4711"

// answered is what a command has printed and its exit code.
type answered struct {
	stdout, stderr string
	code           int
}

// command runs a flowrun to its end.
func command(t *testing.T, args ...string) answered {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "flowrun", args...)
	cmd.Env = append(os.Environ(), raceExit)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	got := answered{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	if strings.Contains(got.stdout+got.stderr, secretToken) {
		t.Errorf("flowrun %v shows the token:\n%s%s", args, got.stdout, got.stderr)
	}
	return got
}

// prints fails the test if the output does not match, or there is an error.
func (a answered) prints(t *testing.T, pattern string) {
	t.Helper()
	if a.code != exitFine || !regexp.MustCompile(pattern).MatchString(a.stdout) {
		t.Errorf("exit code %d, printed\n%s%s\nwant %s", a.code, a.stdout, a.stderr, pattern)
	}
}

// fails fails the test if the error does not match, or there is another exit
// code.
func (a answered) fails(t *testing.T, code int, pattern string) {
	t.Helper()
	if a.code != code || !regexp.MustCompile(pattern).MatchString(a.stderr) {
		t.Errorf("exit code %d, said\n%s\nwant %d, %s", a.code, a.stderr, code, pattern)
	}
}

// follower is a flowrun that goes on printing.
type follower struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

func follow(t *testing.T, args ...string) *follower {
	t.Helper()
	f := &follower{t: t, cmd: exec.CommandContext(t.Context(), "flowrun", args...)}
	f.cmd.Env = append(os.Environ(), raceExit)
	stdout, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.cmd.Stderr = &f.stderr
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.lines = bufio.NewScanner(stdout)
	timeout := time.AfterFunc(patience, func() { _ = f.cmd.Process.Kill() })
	t.Cleanup(func() {
		timeout.Stop()
		if f.cmd.ProcessState == nil {
			_ = f.cmd.Process.Kill()
			_ = f.cmd.Wait()
		}
	})
	return f
}

// next returns the first line from now on that matches.
func (f *follower) next(pattern string) string {
	f.t.Helper()
	re := regexp.MustCompile(pattern)
	for f.lines.Scan() {
		if line := f.lines.Text(); re.MatchString(line) {
			return line
		}
	}
	_ = f.cmd.Wait()
	f.t.Fatalf("%v printed no line %q; it said %s", f.cmd.Args, pattern, &f.stderr)
	return ""
}

// end waits for its end and returns what it said on standard error.
func (f *follower) end() string {
	f.t.Helper()
	for f.lines.Scan() {
	}
	if err := f.cmd.Wait(); err != nil {
		f.t.Errorf("%v: %v; it said %s", f.cmd.Args, err, &f.stderr)
	}
	return f.stderr.String()
}

func TestClients(t *testing.T) {
	s := serve(t)
	to := "--to=" + s.address
	port := freePort(t)
	s.do("POST", "/flows", echoFlow(port, "e"), 204)
	s.await(`listening`)
	conn := dial(t, port)
	expectEcho(t, conn, "hello")

	command(t, "status", to).prints(t, `(?s)^flowrun dev at http://`+s.address+`, up \S+\n1 flow, \d+ nodes, 1 session\n`)
	command(t, "status", to, "--json").prints(t, `^{"version":"dev",.*"sessions":1,.*}\n$`)
	command(t, "sessions", to).prints(t, `^SESSION +NODE +PEER +STATE +AGE +IDLE +BYTES IN .*QUEUED +CLAIM\nsess-\S+ +Server +`+conn.LocalAddr().String()+` +connected +\S+ +\S+ +\d+ B`)

	listed := command(t, "sessions", to, "--json")
	v, err := flow.ParseJSON([]byte(listed.stdout))
	if err != nil || len(objects(v)) != 1 {
		t.Fatalf("%v: %s%s", err, listed.stdout, listed.stderr)
	}
	id := text(objects(v)[0], "id")
	command(t, "__complete", "disconnect", to, "").prints(t, "^"+id+"\t"+conn.LocalAddr().String())
	command(t, "disconnect", to, id[:len(id)-1]).fails(t, exitFailed, `there is no session ".*", did you mean "`+id+`"\?`)
	command(t, "disconnect", to, id).prints(t, "^disconnecting "+id+"\n$")
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the session is still open")
	}

	s.do("POST", "/flows", `[{"id":"t","type":"tab","label":"Main"},
		{"id":"i1","type":"inject","z":"t","name":"go","x":1,"y":1,"props":[{"p":"payload"}],"payload":"own","payloadType":"str","wires":[["f"]]},
		{"id":"i2","type":"inject","z":"t","name":"twice","x":1,"y":2,"props":[],"wires":[["f"]]},
		{"id":"i3","type":"inject","z":"t","name":"twice","x":1,"y":3,"props":[],"wires":[["f"]]},
		{"id":"f","type":"function","z":"t","name":"work","x":2,"y":1,"func":"if (msg.payload === 'fail') throw new Error('on purpose'); node.status({fill:'red',shape:'dot',text:String(msg.payload)}); return msg","wires":[[]]}]`, 204)
	command(t, "__complete", "inject", to, "").prints(t, "^i1\tinject go\ni2\tinject twice\ni3\tinject twice\n")
	command(t, "inject", to, "goo").fails(t, exitFailed, `there is no node "goo", did you mean "go"`)
	command(t, "inject", to, "twice").fails(t, exitFailed, `2 nodes are called "twice"; give the id of one: i2 \(inject "twice"\) in flow t, i3`)
	command(t, "inject", to, "go", "hello").fails(t, exitUsage, `the message is no JSON .*: a text needs quotes of its own`)
	command(t, "tap", to, "nonsense").fails(t, exitFailed, `there is no node "nonsense"\n$`)
	command(t, "tap", to, "--flow", "Mian").fails(t, exitFailed, `there is no flow "Mian", did you mean "Main"\?`)

	tap := follow(t, "tap", to, "work", "--flow", "Main", "--count", "8")
	tap.next(`flowrun +hello`)
	command(t, "inject", to, "go").prints(t, `^injected into i1 \(inject "go"\)\n$`)
	tap.next(`^\d\d:\d\d:\d\d\.\d\d\d  work +receive  "own"$`)
	tap.next(`work +status  red dot own$`)
	tap.next(`work +send 1  "own"$`)
	command(t, "inject", to, "go", `{"payload":{"a":[1]},"topic":"x"}`, "--json").prints(t, `^{"ok":true,"id":"i1"}\n$`)
	tap.next(`work +receive  {a: \[1\]}  topic: "x"$`)
	tap.next(`work +send 1  {a: \[1\]}  topic: "x"$`)
	command(t, "inject", to, "work", `"fail"`).prints(t, `^injected into f `)
	tap.next(`work +receive  "fail"$`)
	tap.next(`work +error  Error: on purpose  "fail"`)
	if said := tap.end(); said != "" {
		t.Errorf("it said %s", said)
	}
	command(t, "status", to).prints(t, `(?s)NODE +TYPE +STATUS\nwork \(f\) +function +red +.*NODE +TYPE +ERRORS\nwork \(f\) +function +1\n`)
	s.end()
	command(t, "status", to).fails(t, exitFailed, `nothing answers at http://`+s.address+` .*: start flowrun`)
}

func TestWatchSessions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows sends no signals to other processes")
	}
	api := newFakeAPI(t, nil)
	for _, c := range []struct{ args, want []string }{
		{[]string{"sessions"}, []string{"^no sessions$", "^$", `^\d{4}-\d\d-\d\dT.*Z$`, "^no sessions$"}},
		{[]string{"sessions", "--json"}, []string{`^\[\]$`, `^\[\]$`, `^\[\]$`}},
	} {
		f := follow(t, append(c.args, "--to", api.URL, "--watch", "--interval", "100ms")...)
		for _, want := range c.want {
			f.next(want)
		}
		if err := f.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if said := f.end(); said != "" {
			t.Errorf("it said %s", said)
		}
	}
}

// fakeAPI answers as a test wants it.
type fakeAPI struct {
	*httptest.Server
	taps  chan *http.Request
	count atomic.Int64
}

// newFakeAPI starts it; serve serves the n-th tap.
func newFakeAPI(t *testing.T, serve func(n int, conn *websocket.Conn)) *fakeAPI {
	t.Helper()
	api := &fakeAPI{taps: make(chan *http.Request, 16)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sessions", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "[]") })
	mux.HandleFunc("GET /tap/nodes", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"id":"a","type":"x","name":"Alpha"},{"id":"b","type":"x","name":"Alpha"},{"id":"c","type":"x"}]`)
	})
	mux.HandleFunc("GET /flows", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"id":"t","type":"tab","label":"Main"},{"id":"i","type":"subflow:s","name":"Inner"}]`)
	})
	mux.HandleFunc("GET /tap/ws", func(w http.ResponseWriter, r *http.Request) {
		api.taps <- r
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		serve(int(api.count.Add(1)), conn)
	})
	api.Server = httptest.NewServer(mux)
	t.Cleanup(api.Close)
	return api
}

func TestTapAsksAndReconnects(t *testing.T) {
	api := newFakeAPI(t, func(n int, conn *websocket.Conn) {
		for _, frame := range []string{`{"t":"hello","version":"1"}`, fmt.Sprintf(`{"t":"status","id":"a","status":{"text":"%d"},"ts":%d}`, n, n)} {
			_ = conn.Write(t.Context(), websocket.MessageText, []byte(frame))
		}
	})
	t.Setenv(tokenEnv, secretToken)
	f := follow(t, "tap", "Alpha", "c", "--flow", "Main,Inner", "--kind", "status", "--json", "--to", api.URL+"/", "--count", "2")
	f.next(`^{"t":"hello","version":"1"}$`)
	f.next(`^{"t":"status","id":"a","status":{"text":"1"},"ts":1}$`)
	f.next(`^{"t":"hello","version":"1"}$`)
	f.next(`^{"t":"status","id":"a","status":{"text":"2"},"ts":2}$`)
	if said, want := f.end(), "flowrun: the connection to "+api.URL+" is lost; trying again\n"; said != want {
		t.Errorf("it said %q, want %q", said, want)
	}
	r := <-api.taps
	q := r.URL.Query()
	if got, want := fmt.Sprint(q["node"], q["flow"], q["t"], q["enc"]), "[a b c] [t i] [status] []"; got != want {
		t.Errorf("it asked for %s, want %s", got, want)
	}
	if r.Header.Get("Authorization") != "Bearer "+secretToken || strings.Contains(r.URL.String(), secretToken) {
		t.Errorf("the token is not where it should be: %s, %v", r.URL, r.Header)
	}
}

func TestClientErrors(t *testing.T) {
	type answer struct {
		status int
		body   string
	}
	var current atomic.Value
	answers := func(status int, body string) { current.Store(answer{status, body}) }
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a := current.Load().(answer)
		w.WriteHeader(a.status)
		fmt.Fprint(w, a.body)
	}))
	defer api.Close()
	answers(http.StatusUnauthorized, "Unauthorized")
	to := "--to=" + api.URL
	for _, args := range [][]string{{"status"}, {"sessions"}, {"inject", "a"}, {"tap"}, {"disconnect", "a"}} {
		args = append(args, to)
		command(t, args...).fails(t, exitFailed, `^flowrun: `+api.URL+` wants a token: give one with --token or FLOWRUN_TOKEN\n$`)
		command(t, append(args, "--token", secretToken)...).fails(t, exitFailed, `^flowrun: `+api.URL+` does not accept the token`)
	}
	answers(http.StatusNotFound, "404 page not found")
	command(t, "status", to).fails(t, exitFailed, "it is no flowrun, or one of another version")
	answers(http.StatusOK, "<html>")
	command(t, "status", to).fails(t, exitFailed, "what is no JSON.*it is no flowrun")
	answers(http.StatusForbidden, `{"code":"forbidden","message":"not \u001b[31mhere"}`)
	command(t, "status", to).fails(t, exitFailed, `^flowrun: not \\x1b\[31mhere\n$`)
	answers(http.StatusInternalServerError, "")
	command(t, "status", to).fails(t, exitFailed, "answers 500 Internal Server Error")

	for _, bad := range []string{"ftp://x", "http://", "http://user:" + secretToken + "@x", "http://x?access_token=" + secretToken, "::"} {
		command(t, "status", "--to", bad).fails(t, exitUsage, "^flowrun: --to ")
	}
	command(t, "status", "now").fails(t, exitUsage, "takes no arguments")
	command(t, "inject").fails(t, exitUsage, "inject needs a node")
	command(t, "disconnect").fails(t, exitUsage, "disconnect needs the id")
	command(t, "tap", "--kind", "x").fails(t, exitUsage, `unknown kind "x"`)
	command(t, "tap", "--count", "-1").fails(t, exitUsage, `--count -1`)
	command(t, "sessions", "--watch", "--interval", "1ms").fails(t, exitUsage, `--interval 1ms: at least 100ms`)
}
