package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/flowrun/flowrun/flow"
)

// tapWidth is how many characters a line has where there is no terminal to say
// so.
const tapWidth = 160

// tapLines makes lines of frames for people.
type tapLines struct {
	names  map[string]string // of nodes, by id
	colour bool
	width  int // characters of a line; 0: no limit
	column int // width of the names so far
}

func newTapLines(out io.Writer, full bool) tapLines {
	l := tapLines{width: tapWidth, colour: isTerminal(out)}
	if f, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			l.width = width
		}
	}
	if full {
		l.width = 0
	}
	return l
}

// maxNameColumn is how wide the column of names may grow.
const maxNameColumn = 28

// of returns the line of a frame, with its end:
//
//	15:04:05.000  listen on 7777  send 2 → send it back  "hello" sessionId: "sess-1"
func (l *tapLines) of(f *flow.Object) []byte {
	at := time.Now()
	if ts, ok := f.Get("ts").(float64); ok {
		at = time.UnixMilli(int64(ts))
	}
	name := l.name(f)
	l.column = max(l.column, min(utf8.RuneCountInString(name), maxNameColumn))
	pad := strings.Repeat(" ", max(0, l.column-utf8.RuneCountInString(name)))
	what, rest, colour := l.event(f)
	head := fmt.Sprintf("%s  %s%s  %s", at.Format("15:04:05.000"), name, pad, what)
	line := strings.TrimRight(head+"  "+oneLine(rest), " ")
	if n := utf8.RuneCountInString(line); l.width > 0 && n > l.width {
		line = string([]rune(line)[:l.width-1]) + "…"
	}
	if l.colour && colour != "" {
		line = colour + line + "\x1b[0m"
	}
	return append([]byte(line), '\n')
}

// name names the node that a frame is about.
func (l *tapLines) name(f *flow.Object) string {
	id := text(f, "id")
	if log, ok := f.Get("log").(*flow.Object); ok {
		id = text(log, "id")
	}
	if id == "" {
		return "flowrun"
	}
	return l.label(id)
}

func (l *tapLines) label(id string) string { return cmp.Or(l.names[id], oneLine(id)) }

const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	grey   = "\x1b[90m"
)

// event says what has happened: in a word or two, and the rest.
func (l *tapLines) event(f *flow.Object) (what, rest, colour string) {
	switch kind := text(f, "t"); kind {
	case "hello":
		return "hello", text(f, "version"), grey
	case "receive":
		return "receive", messageText(f.Get("msg")), ""
	case "send":
		what = "send " + flow.Text(number(f, "port")+1)
		to, _ := f.Get("to").(flow.Array)
		names := make([]string, len(to))
		for i, id := range to {
			names[i] = l.label(flow.Text(id))
		}
		if len(names) > 0 {
			what += " → " + strings.Join(names, ", ")
		}
		return what, messageText(f.Get("msg")), green
	case "status":
		badge, _ := f.Get("status").(*flow.Object)
		if badge == nil || badge.Len() == 0 {
			return "status", "(none)", grey
		}
		return "status", strings.TrimSpace(text(badge, "fill") + " " + text(badge, "shape") + " " + flow.Text(badge.Get("text"))), statusColours[text(badge, "fill")]
	case "call":
		args, _ := f.Get("args").(flow.Array)
		var all []string
		for i, arg := range args {
			if _, isObject := arg.(*flow.Object); isObject && i > 0 {
				all = append(all, messageText(arg))
			} else {
				all = append(all, sayingText(arg))
			}
		}
		return text(f, "fn"), strings.Join(all, "  "), levelColours[text(f, "fn")]
	case "log":
		log, _ := f.Get("log").(*flow.Object)
		if log == nil {
			return "log", "", ""
		}
		return "log " + cmp.Or(levelNames[number(log, "level")], flow.Text(log.Get("level"))), sayingText(log.Get("msg")), grey
	case "flows":
		types, _ := f.Get("types").(flow.Array)
		return "flows", strings.TrimSpace(text(f, "state") + " " + text(f, "error") + " " + flow.Text(types)), grey
	case "lost":
		return "lost", flow.Text(f.Get("n")) + " frames: they came faster than they were read", yellow
	default:
		return oneLine(kind), flow.JSON(f), ""
	}
}

var (
	statusColours = map[string]string{"red": red, "yellow": yellow, "green": green, "grey": grey}
	levelColours  = map[string]string{"error": red, "warn": yellow}
	// levelNames are Node-RED's names of the levels.
	levelNames = map[float64]string{10: "fatal", 20: "error", 30: "warn", 40: "info", 50: "debug", 60: "trace"}
)

// sayingText is what a node says: a text as it is, anything else as a value.
func sayingText(v flow.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case error:
		return v.Error()
	}
	return valueText(v)
}
