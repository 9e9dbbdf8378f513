package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"
)

func TestTextLog(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	tests := []struct {
		name     string
		level    slog.Level
		terminal bool
		message  string
		attrs    []any
		want     string
	}{
		{name: "in a pipe", message: "started", attrs: []any{"node", "a1", "n", 3},
			want: "2026-01-02T03:04:05.006Z INFO  started node=a1 n=3\n"},
		{name: "on a terminal", terminal: true, level: slog.LevelWarn, message: "hm",
			want: "03:04:05.006 \x1b[33mWARN  \x1b[0mhm\n"},
		{name: "quoted values", level: slog.LevelError, message: "m", attrs: []any{"a", "x y", "b", "", "c", `"`, "d", "1=1"},
			want: `2026-01-02T03:04:05.006Z ERROR m a="x y" c="\"" d="1=1"` + "\n"},
		{name: "a message cannot steer the terminal", message: "a\x1b[2Jb\rc\u202ed",
			want: "2026-01-02T03:04:05.006Z INFO  a\\x1b[2Jb\\rc\\u202ed\n"},
		{name: "a message cannot forge a line", message: "a\n2026-01-02T03:04:05.006Z ERROR b",
			want: "2026-01-02T03:04:05.006Z INFO  a\n    2026-01-02T03:04:05.006Z ERROR b\n"},
		{name: "text in other scripts", message: "héllo 你好\t!", want: "2026-01-02T03:04:05.006Z INFO  héllo 你好\t!\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			h := &textHandler{out: &b, lock: &sync.Mutex{}, terminal: test.terminal}
			r := slog.NewRecord(at, test.level, test.message, 0)
			r.Add(test.attrs...)
			if err := h.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if got := b.String(); got != test.want {
				t.Errorf("logged %q\nwant   %q", got, test.want)
			}
		})
	}
}

// TestTextLogIsAHandler checks what slog asks of a handler.
func TestTextLogIsAHandler(t *testing.T) {
	var b bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		return &textHandler{out: &b, lock: &sync.Mutex{}}
	}, func(*testing.T) map[string]any { return parseLine(b.String()) })
}

// parseLine reads a line without quoted values as slogtest wants it: groups as
// maps.
func parseLine(line string) map[string]any {
	words := strings.Fields(line)
	result := map[string]any{}
	if strings.Contains(words[0], "T") {
		result[slog.TimeKey], words = words[0], words[1:]
	}
	result[slog.LevelKey], result[slog.MessageKey] = words[0], words[1]
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		at := result
		for {
			group, rest, found := strings.Cut(key, ".")
			if !found {
				break
			}
			if at[group] == nil {
				at[group] = map[string]any{}
			}
			at, key = at[group].(map[string]any), rest
		}
		at[key] = value
	}
	return result
}

func TestLoggerLevels(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		log, err := newLogger(&strings.Builder{}, format, "warn")
		if err != nil {
			t.Fatal(err)
		}
		if log.Enabled(context.Background(), slog.LevelInfo) || !log.Enabled(context.Background(), slog.LevelWarn) {
			t.Errorf("%s: the level is not warn", format)
		}
	}
}
