package flowfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file. Line and Column count from 1, columns in
// characters; 0 is unknown.
type Pos struct {
	File         string
	Line, Column int
}

// String returns file:line:column, as far as it is known.
func (p Pos) String() string {
	file := p.File
	if file == "" {
		file = "flows"
	}
	switch {
	case p.Line == 0:
		return file
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", file, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// Severity tells whether a problem stops a deploy.
type Severity int

// The severities.
const (
	Error   Severity = iota // the flows must not be deployed
	Warning                 // they can be, but this is hardly meant so
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is one thing that is wrong with a flow file.
type Problem struct {
	Pos              Pos
	Severity         Severity
	Idle             bool   // a warning that the node does nothing
	Node, Type, Name string // the node it is about; Node is empty if it is none
	Text             string // what is wrong
	Hint             string // what to do about it; may be empty
}

// String returns the problem on one line:
//
//	echo.json:4:9: error: node "a1" (tcp-listen "Server"): what is wrong; what to do
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", p.Pos, p.Severity)
	if p.Node != "" {
		fmt.Fprintf(&b, "node %q", p.Node)
		switch {
		case p.Name != "":
			fmt.Fprintf(&b, " (%s %q)", p.Type, p.Name)
		case p.Type != "":
			fmt.Fprintf(&b, " (%s)", p.Type)
		}
		b.WriteString(": ")
	}
	b.WriteString(p.Text)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is a list of problems. It is an error, also when all of it are
// warnings: callers decide by [Problems.HasErrors].
type Problems []Problem

// Error returns the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// HasErrors tells whether one of the problems stops a deploy.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// Sort sorts by file, line and column, keeping the order of what is equal.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
}
