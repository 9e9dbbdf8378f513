package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// What was deployed, its credentials and its context are there again after a
// restart.
func TestServeData(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data", data)
	const counter = `{"flows": [
		{"id": "f1", "type": "tab"},
		{"id": "i", "type": "inject", "z": "f1", "once": true, "onceDelay": 0, "props": [], "wires": [["f"]]},
		{"id": "f", "type": "function", "z": "f1", "wires": [[]], "credentials": {"password": "geheim"},
		 "func": "const n = (flow.get('n') || 0) + 1; flow.set('n', n); node.warn('run ' + n)"}]}`
	s.do("POST", "/flows", counter, 200)
	s.await("run 1")
	flows := s.do("GET", "/flows", "", 200)
	second := start(t, data, "serve", "--data", ".", "--admin", "127.0.0.1:0")
	if code := second.wait(); code != exitFailed || !second.logged("flowrun: --data: .: another flowrun uses this directory") {
		t.Errorf("a second flowrun with the same directory: exit code %d", code)
	}
	s.do("POST", "/flows", `[{"id": "x", "type": "nonsense"}]`, 400) // is not kept
	s.end()

	s = serve(t, "--data", data)
	s.await(`2 nodes in 1 flow started`)
	s.await("run 2")
	if again := s.do("GET", "/flows", "", 200); again != flows || strings.Contains(flows, "geheim") {
		t.Errorf("after the restart there is %s, want %s", again, flows)
	}
	name := filepath.Join(data, "flows_cred.json")
	c, err := flowfile.ReadCredentials(name, flowfile.GeneratedSecret(name))
	if err != nil || c["f"].Get("password") != "geheim" {
		t.Errorf("the credentials are lost: %v", err)
	}
	if s.logged("geheim") {
		t.Error("the log has the password")
	}
	s.end()

	write(t, data, "flows.json", `[{"id": "f1"`)
	p := start(t, data, "serve", "--data", ".", "--admin", "127.0.0.1:0")
	if code := p.wait(); code != exitFailed || len(p.log) != 1 || !p.logged("nothing was overwritten, and there is no backup yet") {
		t.Errorf("with a broken file: exit code %d", code)
	}
	write(t, data, "flows.json", flows)
	p = start(t, data, "serve", "--data", ".", "--admin", "127.0.0.1:0", "--credential-secret-file", "flows.json")
	if code := p.wait(); code != exitFailed || len(p.log) != 1 || !p.logged("the credentials cannot be decrypted") {
		t.Errorf("with a wrong secret: exit code %d", code)
	}
}

// Both commands have the same API.
func TestSameAPI(t *testing.T) {
	dir, address := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	write(t, dir, "flows.json", `[{"id": "old", "type": "comment"}]`)
	p := start(t, dir, "deploy", "--admin", address, "flows.json")
	p.await("admin API url=")
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	for _, s := range []*served{{p, address}, serve(t), serve(t, "--data", filepath.Join(dir, "data"))} {
		s.do("POST", "/flows", `[{"id": "b", "type": "inject", "wires": []}]`, 204)
		s.do("POST", "/inject/b", "", 200)
		if flows := s.do("GET", "/flows", "", 200); flows != `[{"id":"b","type":"inject","wires":[]}]` {
			t.Errorf("the flows are %s", flows)
		}
		s.do("POST", "/flows", `{"flows": [], "rev": "old"}`, 409)
		s.do("GET", "/sessions", "", 200)
		s.do("GET", "/tap/nodes", "", 200)
	}
}

// numbered returns the body of a deploy that has its number all over.
func numbered(n int) *flow.Object {
	list, credentials := flow.Array{}, &flow.Object{}
	for i := range 1 + n%40 {
		id := fmt.Sprintf("n%d", i)
		list = append(list, flow.NewObject("id", id, "type", "comment", "name", fmt.Sprint(n)))
		credentials.Set(id, flow.NewObject("password", fmt.Sprint(n)))
	}
	return flow.NewObject("flows", list, "credentials", credentials)
}

// post deploys and reports whether that was acknowledged.
func post(ctx context.Context, client *http.Client, url string, body *flow.Object) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(flow.AppendJSON(nil, body)))
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s", answer.Status, text)
	}
	return err
}

// A kill in the middle of a deploy loses none that was acknowledged. The one
// under way may be kept, but then with all that belongs to it.
func TestKill(t *testing.T) {
	const deploys, lives = 200, 20
	dir, address := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	url := "http://" + address + "/flows"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	acknowledged, sent, kept := 0, 0, 0
	for life := range lives + 1 {
		p := start(t, dir, "serve", "--data", "data", "--admin", address)
		s := &served{p, address}
		p.await("admin API url=")
		if life > 0 {
			found := deployRunning(t, s, filepath.Join(dir, "data"))
			if found != acknowledged && found != sent {
				t.Fatalf("after the kill the flows are those of deploy %d, want %d, or %d that was under way", found, acknowledged, sent)
			}
			if found == sent {
				kept++
			}
		}
		if life == lives {
			break
		}
		began := time.Now()
		const undisturbed = deploys/lives - 1
		for range undisturbed {
			sent++
			if err := post(t.Context(), client, url, numbered(sent)); err != nil {
				t.Fatalf("deploy %d: %v", sent, err)
			}
		}
		acknowledged = sent
		usual := time.Since(began) / undisturbed

		sent++
		answer := make(chan error, 1)
		go func() { answer <- post(t.Context(), client, url, numbered(sent)) }()
		<-time.After(rand.N(usual + usual/4))
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-answer; err == nil {
			acknowledged = sent
		}
		p.wait()
		http.DefaultClient.CloseIdleConnections()
	}
	t.Logf("%d deploys, %d kills; %d of the deploys under way were kept", sent, lives, kept)
}

// deployRunning returns the number of the deploy that runs and is in the files, which
// must be that of all nodes and credentials.
func deployRunning(t *testing.T, s *served, data string) int {
	t.Helper()
	v, err := flow.ParseJSON([]byte(s.do("GET", "/flows", "", 200)))
	if err != nil {
		t.Fatal(err)
	}
	list := v.(flow.Array)
	if len(list) == 0 {
		t.Fatal("there are no flows")
	}
	n := int(flow.Number(list[0].(*flow.Object).Get("name")))
	if want := numbered(n).Get("flows"); !flow.Equal(v, want) {
		t.Fatalf("the flows are %s, want %s", flow.JSON(v), flow.JSON(want))
	}
	text, err := os.ReadFile(filepath.Join(data, "flows.json"))
	if err != nil {
		t.Fatal(err)
	}
	if onDisk, err := flow.ParseJSON(text); err != nil || !flow.Equal(onDisk, v) {
		t.Fatalf("the file has %s, %v", text, err)
	}
	name := filepath.Join(data, "flows_cred.json")
	c, err := flowfile.ReadCredentials(name, flowfile.GeneratedSecret(name))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := c.Encode("")
	want, _ := flowfile.DecodeCredentials(numbered(n).Get("credentials"), "")
	wanted, _ := want.Encode("")
	if err != nil || !flow.Equal(plain, wanted) {
		t.Fatalf("the credentials of deploy %d are %s, want %s", n, flow.JSON(plain), flow.JSON(wanted))
	}
	return n
}
