package flowfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// readYAML returns the document node of a text that holds one YAML document, nil
// if there is none; ifEmpty says then what to do.
func readYAML(file string, text []byte, ifEmpty string) (*yaml.Node, Problems) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	doc, err := nextDocument(d)
	if errors.Is(err, io.EOF) || (err == nil && len(doc.Content) == 0) {
		return nil, Problems{{Pos: Pos{file, 1, 1}, Text: "the file is empty", Hint: ifEmpty}}
	}
	if err != nil {
		return nil, Problems{yamlProblem(file, text, err)}
	}
	more, err := nextDocument(d)
	if err == nil {
		return doc, Problems{{
			Pos: placeOfNode(more).in(file), Text: "a second YAML document", Hint: "put it into a file of its own",
		}}
	}
	if !errors.Is(err, io.EOF) {
		return doc, Problems{yamlProblem(file, text, err)}
	}
	return doc, nil
}

// nextDocument reads one document. yaml.v3 panics on some malformed comments
// where it should return an error.
func nextDocument(d *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	doc = &yaml.Node{}
	return doc, d.Decode(doc)
}

var (
	yamlErrorLine     = regexp.MustCompile(`^line (\d+): `)
	yamlUnknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// yamlProblem says where a syntax error is. What yaml.v3 says of it is the line
// of the surrounding block, or nothing.
func yamlProblem(file string, text []byte, err error) Problem {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := yamlErrorLine.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = what[len(m[0]):]
	}
	hint := ""
	switch {
	case strings.HasPrefix(what, "did not find expected key"), strings.HasPrefix(what, "did not find expected '-' indicator"):
		line = firstBadLine(text, what)
		what, hint = "this line does not belong to the block above", "check how far it is indented"
	case strings.HasPrefix(what, "did not find expected ',' or"):
		line++
		what, hint = "a list or map that is opened here is not closed properly", "add the missing comma or bracket"
	case strings.HasPrefix(what, "mapping values are not allowed"):
		what, hint = `unexpected ": "`, `put text with ": " in quotes, and check how far the line is indented`
	case strings.HasPrefix(what, "found character that cannot start any token"):
		what, hint = "unexpected character", "indent with spaces, and put text that starts with @, ` or % in quotes"
	case strings.HasPrefix(what, "found unexpected end of stream"):
		what, hint = "text that is opened here is not closed", "add the missing quote"
	case yamlUnknownAnchor.MatchString(what):
		name := yamlUnknownAnchor.FindStringSubmatch(what)[1]
		before, _, _ := bytes.Cut(text, []byte("*"+name))
		line = 1 + bytes.Count(before, []byte("\n"))
		what, hint = fmt.Sprintf("nothing is marked &%s", name), "put text that starts with * in quotes"
	case strings.HasPrefix(what, "control characters are not allowed"):
		at := max(0, bytes.IndexFunc(text, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n", r) || r == 0x7F }))
		line = 1 + bytes.Count(text[:at], []byte("\n"))
	}
	return Problem{Pos: startOfLine(file, text, line), Text: what, Hint: hint}
}

// firstBadLine returns the line with which the text begins to fail as the whole
// of it does. Text that is cut off within a list or quotes fails in other ways.
func firstBadLine(text []byte, failure string) int {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return 1 + sort.Search(len(lines)-1, func(n int) bool {
		_, err := nextDocument(yaml.NewDecoder(bytes.NewReader(bytes.Join(lines[:n+1], nil))))
		return err != nil && strings.HasSuffix(err.Error(), failure)
	})
}

// startOfLine returns the place of the first word of a line.
func startOfLine(file string, text []byte, line int) Pos {
	if line < 1 {
		return Pos{File: file}
	}
	lines := bytes.SplitAfterN(text, []byte("\n"), line+1)
	if line > len(lines) {
		return Pos{File: file, Line: line}
	}
	row := lines[line-1]
	return Pos{file, line, 1 + utf8.RuneCount(row) - utf8.RuneCount(bytes.TrimLeft(row, " \t"))}
}
