package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The real node-red-admin logs in, lists and asks about node types. It runs if
// NODE_RED_ADMIN names its file node-red-admin.js, for example of
// npm install --prefix DIR node-red-admin.
func TestNodeRedAdmin(t *testing.T) {
	script := os.Getenv("NODE_RED_ADMIN")
	if script == "" {
		t.Skip("NODE_RED_ADMIN is not set")
	}
	users, err := filepath.Abs(filepath.Join(adminData, "users.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "--admin-users", users)
	home := t.TempDir() // it keeps its token there
	admin := func(command string, answers ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, strings.Fields(command)...)...)
		cmd.Env = append(os.Environ(), "HOME="+home)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = cmd.Stdout
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var seen bytes.Buffer
		for _, answer := range answers { // each to a prompt of its own
			for prompt := make([]byte, 1); prompt[0] != ':'; seen.Write(prompt) {
				if _, err := io.ReadFull(stdout, prompt); err != nil {
					t.Fatalf("%s has said %s: %v", command, &seen, err)
				}
			}
			if _, err := io.WriteString(stdin, answer+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		if err := stdin.Close(); err != nil { // it does not end before
			t.Fatal(err)
		}
		if _, err := seen.ReadFrom(stdout); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // what it says tells
		return seen.String()
	}
	for _, step := range []struct {
		command string
		answers []string
		want    string
	}{
		{"target http://" + s.address, nil, "Target: http://" + s.address},
		{"list", nil, "Not logged in"},
		{"login", []string{"admin", "wrong"}, "Login failed"},
		{"login", []string{"admin", "open-sesame"}, "Logged in"},
		{"list", nil, "node-red/inject"},
		{"list", nil, "flowrun/tcp-listen"},
		{"info node-red", nil, "node-red/link"},
		{"info node-red/inject", nil, "State:     enabled"},
		{"enable node-red/inject", nil, "enabled"},
		{"disable node-red/inject", nil, "the node types are built in"},
		{"install some-module", nil, "the node types are built in"},
		{"remove node-red", nil, "the node types are built in"},
	} {
		if got := admin(step.command, step.answers...); !strings.Contains(got, step.want) {
			t.Errorf("node-red-admin %s said %q, want %q", step.command, got, step.want)
		}
	}
	s.end()
}
