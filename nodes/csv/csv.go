// Package csv is the node type csv: it turns text of separated values into
// objects, and objects into such text.
package csv

import (
	"context"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Config is the node's configuration.
type Config struct {
	Spec         string `json:"spec" doc:"rfc: read and write as RFC 4180 says; empty: as Node-RED did before version 4"`
	Separator    string `json:"sep" doc:"what stands between values; \\t is a tab"`
	HeaderIn     bool   `json:"hdrin" doc:"whether the first line of text names the columns"`
	HeaderOut    string `json:"hdrout" doc:"when to write a line that names the columns: none, all (in each message) or once (until a message with reset)"`
	Multi        string `json:"multi" doc:"one: a message for each row; mult: one message with a list of all rows"`
	LineEnd      string `json:"ret" doc:"what to write at the end of a line; empty means \\r\\n with spec rfc, \\n without"`
	Template     string `json:"temp" doc:"the column names, by commas; a column without a name is left out"`
	Skip         int    `json:"skip" doc:"how many lines at the start of text to ignore"`
	Numbers      bool   `json:"strings" doc:"whether values that look like numbers become numbers"`
	EmptyStrings bool   `json:"include_empty_strings" doc:"whether rows have properties for values that are empty text"`
	NullValues   bool   `json:"include_null_values" doc:"whether rows have properties, null, for values that are missing"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "csv", Category: "parser", Inputs: 1, Outputs: 1,
	Summary:    "Converts between text of comma-separated values and objects.",
	OutputDocs: []string{"rows as objects, one or all in a message, with columns and, one by one, with parts; or text, with columns"},
	InputDocs: []flow.Doc{
		{Name: "payload", Text: "text to read; or an object, a list of objects, a list of values or a list of lists to write"},
		{Name: "columns", Text: "the column names of what is written, if the template is empty"},
		{Name: "parts", Text: "the place of a line in a sequence: skip and the header count over the whole sequence, and mult collects it"},
		{Name: "reset", Text: "the header that is written once is written again"},
	},
	Notes: "Without column names the columns of text are col1, col2, …, and those of objects their keys. " +
		"The template is strict with spec rfc: quotes around a whole name only, and spaces count.",
	Differences: []string{"Without spec rfc an empty value at the very beginning of the text is missing, null, as it is at the beginning of each other line."},
	Default:     func() Config { return Config{Separator: ",", HeaderOut: "none", Multi: "one", Numbers: true} },
	New:         New,
})

// Node is a csv node.
type Node struct {
	Config
	env        flow.Env
	dialect    dialect
	rfc        bool
	bad        bool       // the template cannot be read: the node does nothing
	badge      bool       // a status is shown
	headerSent bool       // with hdrout once
	collected  flow.Array // rows of the parts so far
}

// dialect is what the two ways to read and write text differ in.
type dialect interface {
	parse(text string, at part) (table, error)
	format(msg *flow.Message, payload flow.Value, at part) (text, columns string, err error)
}

// table is text that was read.
type table struct {
	rows       flow.Array
	columns    string // the names, by commas
	lineBreaks int    // in the text, after the lines that are skipped
	skipped    bool   // there is no text after those
}

// New makes a node. A template that cannot be read makes it inert when it starts.
func New(c Config, env flow.Env) (flow.Node, error) {
	n := &Node{Config: c, env: env, rfc: c.Spec == "rfc"}
	n.Separator = unescape(c.Separator, ",")
	if n.Multi == "" {
		n.Multi = "one"
	}
	switch c.HeaderOut {
	case "true":
		n.HeaderOut = "all"
	case "false", "":
		n.HeaderOut = "none"
	}
	if n.rfc {
		n.LineEnd = unescape(c.LineEnd, "\r\n")
		d, err := newRFC(n)
		n.dialect, n.bad = d, err != nil
	} else {
		n.LineEnd = unescape(c.LineEnd, "\n")
		n.dialect = newLegacy(n)
	}
	return n, nil
}

func unescape(s, byDefault string) string {
	if s == "" {
		return byDefault
	}
	return strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(s)
}

// Start clears the status, or says that the template is bad.
func (n *Node) Start(context.Context) error {
	n.env.Status(&flow.Object{})
	if n.bad {
		n.env.Warn(n.badTemplate())
	}
	return nil
}

// badTemplate shows that column names cannot be read, and returns the text.
func (n *Node) badTemplate() string {
	text := n.env.Text("csv.errors.bad_template", "Malformed columns template.")
	n.showError(text)
	return text
}

func (n *Node) showError(text string) {
	n.env.Status(flow.Badge("red", "dot", text))
	n.badge = true
}

// Handle reads or writes the payload. A message without one passes as it is,
// unless all it does is reset.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	if n.bad {
		return nil
	}
	if n.badge {
		n.env.Status(&flow.Object{})
		n.badge = false
	}
	if msg.Has("reset") {
		n.headerSent = false
	}
	if !msg.Has("payload") {
		if !msg.Has("reset") {
			out.Send(0, msg)
		}
		return nil
	}
	at := partOf(msg)
	switch payload := msg.Get("payload").(type) {
	case string:
		t, err := n.dialect.parse(payload, at)
		if err == nil && !t.skipped {
			n.send(msg, t, at, out)
		}
		return err
	case nil, bool, float64:
		text := n.env.Text("csv.errors.csv_js", "This node only handles CSV strings or js objects.")
		if !n.rfc {
			n.env.Warn(text)
			return nil
		}
		n.showError(text)
		return &flow.Error{Message: text}
	default:
		text, columns, err := n.dialect.format(msg, payload, at)
		if err != nil {
			return err
		}
		msg.Set("payload", text)
		msg.Set("columns", columns)
		out.Send(0, msg)
		return nil
	}
}

// send sends rows that were read.
func (n *Node) send(msg *flow.Message, t table, at part, out flow.Outlet) {
	if n.Multi == "one" {
		n.sendOneByOne(msg, t, at, out)
		return
	}
	rows := t.rows
	if at.present && t.lineBreaks <= 1 {
		n.collected = append(n.collected, rows...)
		if at.index+1 != at.count {
			return
		}
		rows, n.collected = n.collected, nil
		msg.Delete("parts")
	}
	if rows == nil {
		rows = flow.Array{}
	}
	msg.Set("payload", rows)
	msg.Set("columns", t.columns)
	out.Send(0, msg)
}

func (n *Node) sendOneByOne(msg *flow.Message, t table, at part, out flow.Outlet) {
	for i, row := range t.rows {
		m := msg.Clone()
		m.Set("columns", t.columns)
		m.Set("payload", row)
		if at.present {
			m.Set("parts", at.after(n.Skip, n.HeaderIn))
		} else {
			m.Set("parts", flow.NewObject("id", msg.Get(flow.MsgID), "index", float64(i), "count", float64(len(t.rows))))
		}
		if at.last {
			m.Set("complete", true)
		}
		out.Send(0, m)
	}
	if at.present && at.last && len(t.rows) == 0 {
		out.Send(0, flow.MessageOf(flow.NewObject("complete", true)))
	}
}

// writesHeader tells whether the column names go before the rows of this
// message.
func (n *Node) writesHeader() bool { return n.HeaderOut != "none" && !n.headerSent }
