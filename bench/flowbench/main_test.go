package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/bench"
)

// TestMain makes the test binary the plain server when bench.StartPlain runs it.
func TestMain(m *testing.M) {
	if served, err := bench.ServePlain(); served {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// A server built with the race detector would sleep a second before its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// A tiny round of every part that does not need thousands of sessions works, and
// each of its rows has values.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("runs servers")
	}
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	args := []string{
		"-only", "echo,udp,rest,connect,start,memory,size,flat,watched,latency", "-out", page, "-profile=false",
		"-rounds", "1", "-messages", "200", "-sessions", "30",
	}
	if err := run(t.Context(), args, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, goal := range targets {
		if !strings.HasPrefix(goal.part, "idle ") && !strings.Contains(stdout.String(), goal.part) {
			t.Errorf("the table lacks %q:\n%s", goal.part, stdout.String())
		}
	}
	if !bytes.HasPrefix(text, []byte("before\n")) || !bytes.HasSuffix(text, []byte("after\n")) || bytes.Contains(text, []byte("old")) {
		t.Errorf("the page is\n%s", text)
	}
	for _, name := range []string{"ratios.svg", "cost.svg"} {
		if svg, err := os.ReadFile(filepath.Join(filepath.Dir(page), "page", name)); err != nil {
			t.Error(err)
		} else {
			wellFormed(t, string(svg))
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-only", "echo,ehco"}, {"-rounds", "0"}, {"-messages", "49"}, {"-sessions", "0"}, {"echo"}, {"-nonsense"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
