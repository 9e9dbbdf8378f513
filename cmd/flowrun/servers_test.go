package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// ask returns the status of an answer and its text, or the error.
func ask(t *testing.T, method, url string) string {
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("[]"))
	if err != nil {
		return err.Error()
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return fmt.Sprint(answer.StatusCode, " ", string(text), err)
}

// At the end flowrun takes in nothing more, and the flows still answer what is under
// way.
func TestShutdownAnswers(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = io.WriteString(w, "done")
	}))
	defer slow.Close()
	udp, nodes, dir := freePort(t), freePort(t), t.TempDir()
	write(t, dir, "flows.json", fmt.Sprintf(`[{"id":"t","type":"tab"},
		{"id":"slow","type":"http in","z":"t","url":"/slow","wires":[["taken"]]},
		{"id":"udp","type":"udp in","z":"t","iface":"","port":"%d","ipv":"udp4","datatype":"utf8","wires":[["taken"]]},
		{"id":"taken","type":"function","z":"t","func":"node.warn('taken ' + (msg.req ? msg.req.path : msg.payload)); return msg.req && msg","wires":[["ask"]]},
		{"id":"ask","type":"http request","z":"t","method":"GET","ret":"txt","url":"%s","wires":[["out"]]},
		{"id":"out","type":"http response","z":"t","wires":[]}]`, udp, slow.URL))
	admin := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, dir, "deploy", "--admin", admin, "--http", fmt.Sprintf("127.0.0.1:%d", nodes), "--drain", "1m", "flows.json")
	p.await("nodes serve HTTP")
	url := fmt.Sprintf("http://127.0.0.1:%d/slow", nodes)
	answer := make(chan string, 1)
	go func() { answer <- ask(t, "GET", url) }()
	p.await("taken /slow")

	p.stop()
	p.await("stopping")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ready := ""
	for ready = "200 "; strings.HasPrefix(ready, "200 "); <-tick.C {
		ready = ask(t, "GET", "http://"+admin+"/readyz")
	}
	if !strings.HasPrefix(ready, "503 ") || !strings.Contains(ready, "the flows are stopping") {
		t.Errorf("/readyz says %s", ready)
	}
	if got := ask(t, "POST", "http://"+admin+"/flows"); !strings.HasPrefix(got, "503 ") {
		t.Errorf("a deploy got %s", got)
	}
	if got := ask(t, "GET", url); !strings.HasPrefix(got, "503 ") {
		t.Errorf("a new request got %s", got)
	}
	datagram, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", udp))
	if err != nil {
		t.Fatal(err)
	}
	defer datagram.Close()
	_, _ = io.WriteString(datagram, "late") // nobody may be there to take it

	close(release)
	if got := <-answer; got != "200 done<nil>" {
		t.Errorf("what was under way got %s", got)
	}
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
	if p.logged("closing the") || p.logged("taken late") {
		t.Error("the log is not as it should be")
	}
}

// What no flow answers before the end is answered with 503.
func TestShutdownDoesNotAnswer(t *testing.T) {
	nodes, dir := freePort(t), t.TempDir()
	write(t, dir, "flows.json", `[{"id":"t","type":"tab"},
		{"id":"never","type":"http in","z":"t","url":"/never","wires":[["taken"]]},
		{"id":"taken","type":"function","z":"t","func":"node.warn('taken')","wires":[[]]}]`)
	p := start(t, dir, "deploy", "--admin", "off", "--http", fmt.Sprintf("127.0.0.1:%d", nodes), "--drain", "1s", "flows.json")
	p.await("nodes serve HTTP")
	answer := make(chan string, 1)
	go func() { answer <- ask(t, "GET", fmt.Sprintf("http://127.0.0.1:%d/never", nodes)) }()
	p.await("taken")
	p.stop()
	if got := <-answer; !strings.HasPrefix(got, "503 ") {
		t.Errorf("it got %s", got)
	}
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
	if !p.logged("no flow has answered GET /never before the end") || p.logged("closing the") {
		t.Error("the log is not as it should be")
	}
}

// A node whose path the admin API has to itself says so, and what to do.
func TestShadowedRoute(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "flows.json", `[{"id":"t","type":"tab"},{"id":"mine","type":"http in","z":"t","url":"/metrics","wires":[[]]}]`)
	p := start(t, dir, "deploy", "--admin", fmt.Sprintf("127.0.0.1:%d", freePort(t)), "flows.json")
	p.await(`the admin API answers GET /metrics itself, .* --http ADDR .*node=mine`)
	p.await("admin API url=")
	p.stop()
	p.wait()
}
