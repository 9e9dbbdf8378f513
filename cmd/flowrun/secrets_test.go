package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin/auth"
)

// The secrets that a test plants. Each is one of its own, so that a failure
// tells which one got out.
const (
	plantedToken      = "planted-static-token"
	plantedPassword   = "planted-password"
	plantedWrong      = "planted-wrong-password"
	plantedUser       = "planted-password-as-user"
	plantedCredential = "planted-credential"
	plantedTab        = "planted-tab-credential"
	plantedUpload     = "planted-upload-credential"
	plantedSecret     = "planted-credential-secret"
	plantedHeader     = "planted-collector-key"
)

// No token, password or credential shows up in a log, a trace, a span, a tap frame
// or an answer.
func TestSecretsStaySecret(t *testing.T) {
	dir := t.TempDir()
	hash, err := auth.HashPassword(plantedPassword)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "users.yaml", fmt.Sprintf("users:\n- {username: admin, password: %s, permissions: '*'}\n", hash))
	trace := filepath.Join(dir, "trace")
	t.Setenv(tokenEnv, plantedToken)
	t.Setenv(secretVariable, plantedSecret)
	t.Setenv(otlpHeadersEnv, "x-key="+plantedHeader)
	spans := newCollector(t, plantedHeader)
	s := serve(t, "--admin-users", filepath.Join(dir, "users.yaml"), "--log-level", "debug", "--trace", trace, "--otlp", spans.URL)

	var seen strings.Builder // all that came out
	ask := func(method, path, contentType, body, token string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		shown, _, _ := strings.Cut(path, "?")
		return fmt.Sprintf("%s %s: %d %v %s\n", method, shown, answer.StatusCode, answer.Header, text)
	}
	const form, object = "application/x-www-form-urlencoded", "application/json"
	login := func(user, password string) string {
		return ask("POST", "/auth/token", form, "client_id=node-red-admin&grant_type=password&scope=*&username="+user+"&password="+password, "")
	}

	// The one answer with a token is that to the right password.
	var issued struct {
		Token string `json:"access_token"`
	}
	answer := login("admin", plantedPassword)
	_, body, _ := strings.Cut(answer, "] {")
	if err := json.Unmarshal([]byte("{"+body), &issued); err != nil || issued.Token == "" {
		t.Fatalf("the login answered %s: %v", answer, err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tap, _, err := websocket.Dial(ctx, "http://"+s.address+"/tap/ws?access_token="+issued.Token, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tap.CloseNow() }()
	frame := func() string {
		_, text, err := tap.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(text)
		return string(text)
	}

	seen.WriteString(login("admin", plantedWrong))
	seen.WriteString(login(plantedUser, "x"))
	seen.WriteString(ask("POST", "/auth/token", object, `{"password":"`+plantedWrong+`"`, ""))
	flows := `{"flows":[
		{"id":"t","type":"tab","label":"T","env":[{"name":"KEY","type":"cred","value":""}],"credentials":{"KEY":"` + plantedTab + `"}},
		{"id":"sf","type":"subflow","name":"S","in":[],"out":[],"env":[]},
		{"id":"s","type":"subflow:sf","z":"t","x":1,"y":1,"wires":[],"env":[{"name":"PIN","type":"cred"}]},
		{"id":"i","type":"inject","z":"t","x":1,"y":1,"props":[{"p":"payload","v":"1","vt":"num"}],"wires":[["d"]],"credentials":{"password":"` + plantedCredential + `"}},
		{"id":"d","type":"debug","z":"t","x":1,"y":1,"active":true,"tosidebar":true,"console":true,"complete":"true"}
	],"credentials":{"s":{"PIN":"` + plantedUpload + `"}}}`
	for _, token := range []string{plantedToken, issued.Token} {
		seen.WriteString(ask("POST", "/flows", object, flows, token))
	}
	// Deploys that fail, for what they say.
	seen.WriteString(ask("POST", "/flows", object, flows+"}", plantedToken))
	seen.WriteString(ask("POST", "/flows", object, strings.Replace(flows, `"inject"`, `"no such type"`, 1), plantedToken))
	seen.WriteString(ask("POST", "/flows", object, strings.Replace(flows, `{"s":{`, `{"$":"`+plantedUpload+`","s":{`, 1), plantedToken))
	seen.WriteString(ask("POST", "/flows", object, strings.Replace(flows, `{"password":"`+plantedCredential+`"}`, `"`+plantedCredential+`"`, 1), plantedToken))
	seen.WriteString(ask("POST", "/inject/i", object, "", plantedToken))
	for !strings.Contains(frame(), `"t":"receive","id":"d"`) { // as the tap sees it
	}
	for _, path := range []string{
		"/", "/flows", "/flow/t", "/flow/global", "/flows/state", "/credentials/tab/t", "/credentials/subflow/s", "/credentials/inject/i",
		"/settings", "/diagnostics", "/nodes", "/status", "/sessions", "/tap/nodes", "/context/global", "/context/flow/t", "/tap/context/global?keys",
		"/console/flows", "/metrics", "/auth/login", "/nowhere",
	} {
		seen.WriteString(ask("GET", path, "", "", plantedToken))
		seen.WriteString(ask("GET", path+"?access_token="+plantedWrong, "", "", ""))
	}
	_ = tap.CloseNow()
	http.DefaultClient.CloseIdleConnections()
	s.end()

	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"an answer or a tap frame": seen.String(), "the log": strings.Join(s.log, "\n"), "the trace": string(text), "a span": spans.all.String()}
	for _, secret := range []string{
		plantedToken, plantedPassword, plantedWrong, plantedUser, plantedCredential, plantedTab, plantedUpload, plantedSecret, plantedHeader,
		issued.Token, hash,
	} {
		for place, text := range places {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s has %q: …%s…", place, secret, text[max(0, at-100):min(len(text), at+100)])
			}
		}
	}
	for _, want := range []string{`"has_KEY":true`, `"has_PIN":true`, `"has_password":true`} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("no answer has %s", want)
		}
	}
	if !strings.Contains(places["the log"], "login refused user=admin") || !strings.Contains(places["the log"], "login refused user=(unknown)") {
		t.Error("the log does not tell of the wrong logins")
	}
	if !strings.Contains(places["a span"], `"name":"inject"`) {
		t.Error("the collector got no spans")
	}
}
