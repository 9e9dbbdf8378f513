package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// At the end flowrun takes in nothing more, and still answers what is under way: by
// the flow if that comes to it in time, else with 503.
func TestShutdownAnswers(t *testing.T) {
	udp := freePort(t)
	nodes, dir := freePort(t), t.TempDir()
	write(t, dir, "flows.json", fmt.Sprintf(`[{"id":"t","type":"tab"},
		{"id":"slow","type":"http in","z":"t","url":"/slow","wires":[["taken"]]},
		{"id":"never","type":"http in","z":"t","url":"/never","wires":[["taken"]]},
		{"id":"udp","type":"udp in","z":"t","iface":"","port":"%d","ipv":"udp4","datatype":"utf8","wires":[["taken"]]},
		{"id":"taken","type":"function","z":"t","func":"node.warn('taken ' + (msg.req ? msg.req.path : msg.payload)); return msg.req && msg.req.path === '/slow' ? msg : null","wires":[["delay"]]},
		{"id":"delay","type":"delay","z":"t","pauseType":"delay","timeout":"2","timeoutUnits":"seconds","wires":[["out"]]},
		{"id":"out","type":"http response","z":"t","wires":[]}]`, udp))
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, dir, "deploy", "--admin", address, "--http", fmt.Sprintf("127.0.0.1:%d", nodes), "--drain", "4s", "flows.json")
	p.await("nodes serve HTTP")

	ask := func(method, url string) string {
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
	answers := map[string]chan string{}
	for _, path := range []string{"/slow", "/never"} {
		answer := make(chan string, 1)
		answers[path] = answer
		go func() { answer <- ask("GET", fmt.Sprintf("http://127.0.0.1:%d%s", nodes, path)) }()
		p.await("taken " + path)
	}

	p.stop()
	p.await("stopping")
	ready := ""
	for ready = "200 "; strings.HasPrefix(ready, "200 "); {
		ready = ask("GET", "http://"+address+"/readyz")
	}
	if !strings.HasPrefix(ready, "503 ") || !strings.Contains(ready, "the flows are stopping") {
		t.Errorf("/readyz says %s", ready)
	}
	if got := ask("POST", "http://"+address+"/flows"); !strings.HasPrefix(got, "503 ") {
		t.Errorf("a deploy got %s", got)
	}
	if got := ask("GET", fmt.Sprintf("http://127.0.0.1:%d/slow", nodes)); !strings.HasPrefix(got, "503 ") {
		t.Errorf("a new request got %s", got)
	}
	datagram, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", udp))
	if err != nil {
		t.Fatal(err)
	}
	defer datagram.Close()
	_, _ = io.WriteString(datagram, "late") // nobody may be there to take it

	if got := <-answers["/slow"]; !strings.HasPrefix(got, "200 ") {
		t.Errorf("what the flow has answered in time got %s", got)
	}
	if got := <-answers["/never"]; !strings.HasPrefix(got, "503 ") {
		t.Errorf("what no flow has answered got %s", got)
	}
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
	if !p.logged("no flow has answered GET /never before the end") || p.logged("closing the") || p.logged("taken late") {
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
