package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// logFlags are the flags of a command that logs.
type logFlags struct{ format, level string }

func (l *logFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.format, "log-format", "text", "how log lines look: `text|json`")
	cmd.Flags().StringVar(&l.level, "log-level", "info", "log what is as severe as this: `debug|info|warn|error`")
}

func (l *logFlags) logger(w io.Writer) (*slog.Logger, error) { return newLogger(w, l.format, l.level) }

// newLogger returns the log of a format (text or json) and a level (debug,
// info, warn or error).
func newLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var min slog.Level
	if err := min.UnmarshalText([]byte(level)); err != nil {
		return nil, usagef("unknown log level %q: use debug, info, warn or error", level)
	}
	switch format {
	case "text":
		return slog.New(&textHandler{out: w, lock: &sync.Mutex{}, min: min, terminal: isTerminal(w)}), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: min})), nil
	}
	return nil, usagef("unknown log format %q: use text or json", format)
}

// isTerminal tells whether w is a terminal that should get colours; see
// https://no-color.org.
func isTerminal(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isScreen(w) }

// isScreen tells whether w is a terminal.
func isScreen(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// textHandler writes a log line as people like to read it:
//
//	15:04:05.000 WARN  what happened node=a1 type=tcp-listen
//
// On a terminal the level has a colour; elsewhere the time has a date.
type textHandler struct {
	out      io.Writer
	lock     *sync.Mutex // guards out; shared by the handlers that With makes
	min      slog.Level
	terminal bool
	attrs    []byte // of With, printed already
	group    string // prefix of attribute names
}

// Enabled implements [slog.Handler].
func (h *textHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.min }

// WithGroup implements [slog.Handler].
func (h *textHandler) WithGroup(name string) slog.Handler {
	c := *h
	c.group += name + "."
	return &c
}

// WithAttrs implements [slog.Handler].
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = bytes.Clone(h.attrs)
	for _, a := range attrs {
		c.attrs = appendAttr(c.attrs, h.group, a)
	}
	return &c
}

// Handle implements [slog.Handler].
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var b []byte
	switch {
	case r.Time.IsZero():
	case h.terminal:
		b = r.Time.AppendFormat(b, "15:04:05.000 ")
	default:
		b = r.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z ")
	}
	b = h.appendLevel(b, r.Level)
	b = append(b, printable(r.Message)...)
	b = append(b, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = appendAttr(b, h.group, a)
		return true
	})
	b = append(b, '\n')
	h.lock.Lock()
	defer h.lock.Unlock()
	_, err := h.out.Write(b)
	return err
}

func (h *textHandler) appendLevel(b []byte, l slog.Level) []byte {
	text, colour := "DEBUG ", "\x1b[90m"
	switch {
	case l >= slog.LevelError:
		text, colour = "ERROR ", "\x1b[31m"
	case l >= slog.LevelWarn:
		text, colour = "WARN  ", "\x1b[33m"
	case l >= slog.LevelInfo:
		text, colour = "INFO  ", "\x1b[32m"
	}
	if !h.terminal {
		return append(b, text...)
	}
	return append(append(append(b, colour...), text...), "\x1b[0m"...)
}

func appendAttr(b []byte, group string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, member := range v.Group() {
			b = appendAttr(b, group, member)
		}
		return b
	}
	text := v.String()
	if text == "" || a.Equal(slog.Attr{}) {
		return b // a node without a name, for one
	}
	if v.Kind() == slog.KindTime {
		text = v.Time().UTC().Format(time.RFC3339Nano)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || !strconv.IsPrint(r) }) {
		text = strconv.Quote(text)
	}
	b = append(b, ' ')
	b = append(b, group+a.Key...)
	b = append(b, '=')
	return append(b, text...)
}

// printable makes a message safe to print: what a flow logs may come from the
// network, and must neither steer a terminal nor look like another log line.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("\n    ")
		case r == '\t', strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
