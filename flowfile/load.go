package flowfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// maxSize bounds a file, in bytes. The largest flows in the field have some
// megabytes.
const maxSize = 64 << 20

// Load reads files that together are one deployment; "-" is standard input. All
// problems of all files are reported. The flows are never nil.
func Load(paths ...string) (*Flows, Problems) {
	all := &Flows{}
	var problems Problems
	for i, path := range paths {
		if first := slices.IndexFunc(paths, func(p string) bool { return samePath(p, path) }); first < i {
			problems = append(problems, Problem{Pos: Pos{File: path}, Text: "the file is given twice", Hint: "leave one out"})
			continue
		}
		text, err := readFile(path)
		if err != nil {
			problems = append(problems, Problem{Pos: Pos{File: path}, Text: "cannot be read: " + err.Error()})
			continue
		}
		f, more := Parse(path, text)
		problems = append(problems, more...)
		all.Nodes = append(all.Nodes, f.Nodes...)
		all.addEnvelope(f.Envelope)
	}
	all.index()
	return all, problems
}

// samePath tells whether two arguments are spelled ways to one file.
func samePath(a, b string) bool { return filepath.Clean(a) == filepath.Clean(b) }

// addEnvelope takes over what no file before had.
func (f *Flows) addEnvelope(e *flow.Object) {
	if e == nil {
		return
	}
	if f.Envelope == nil {
		f.Envelope = &flow.Object{}
	}
	for key, v := range e.All() {
		if _, had := f.Envelope.Lookup(key); !had {
			f.Envelope.Set(key, v)
		}
	}
}

func readFile(path string) ([]byte, error) {
	var from io.Reader = os.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, withoutPath(err)
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, maxSize+1))
	return text, withoutPath(err)
}

// withoutPath leaves out the path, which the problem's position has.
func withoutPath(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}

// Parse reads one text. A name that ends in .json, .yaml or .yml tells the
// format; otherwise the text does. The flows are never nil, and hold what could
// be read.
func Parse(name string, text []byte) (*Flows, Problems) {
	src, problems := read(name, text)
	f, more := build(name, src.tree)
	if problems.HasErrors() {
		return f, problems // what a node lacks may be a consequence
	}
	return f, append(problems, more...)
}

// FromValue reads flows that are decoded already, in any of the forms that a
// file may have. The places of problems are unknown.
func FromValue(v flow.Value) (*Flows, Problems) { return build("", treeOf(v)) }

// source is a text that has been read: doc is nil if it is JSON, tree is nil if
// there is nothing in it.
type source struct {
	tree *tree
	doc  *yaml.Node
}

func read(name string, text []byte) (source, Problems) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if p := unreadable(name, text); p != nil {
		return source{}, Problems{*p}
	}
	if isJSON(name, text) {
		t, problems := scanJSON(name, string(text))
		return source{tree: t}, problems
	}
	return scanYAML(name, text)
}

func isJSON(name string, text []byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) == 0 || text[0] == '[' || text[0] == '{'
}

// unreadable tells why a text is not worth a scan, nil if it is.
func unreadable(name string, text []byte) *Problem {
	switch {
	case len(text) > maxSize:
		return &Problem{Pos: Pos{File: name}, Text: fmt.Sprintf("larger than %d MB", maxSize>>20), Hint: "split it into several files"}
	case isUTF16(text):
		return &Problem{Pos: Pos{name, 1, 1}, Text: "this is UTF-16 text", Hint: "save the file as UTF-8"}
	case utf8.Valid(text):
		return nil
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	before := text[:at]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return &Problem{
		Pos:  Pos{name, 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(line)},
		Text: "this is no UTF-8 text", Hint: "save the file as UTF-8",
	}
}

// isUTF16 tells whether a text begins with the mark of UTF-16 of either order, or
// with one of the characters in which half of the bytes are 0. PowerShell writes
// such files, and so do some editors for Windows.
func isUTF16(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	a, b := text[0], text[1]
	return a == 0xFE && b == 0xFF || a == 0xFF && b == 0xFE || (a == 0) != (b == 0)
}
