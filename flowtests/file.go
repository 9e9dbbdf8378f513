package flowtests

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flowfile"
)

// File is a test file, or the test section of a flow file.
type File struct {
	Path  string
	Flows []string // the paths of the flow files, together one deployment
	Tests []*Test
}

// Test is one test of a file.
type Test struct {
	Name  string
	Pos   flowfile.Pos
	Setup Setup

	file  *File
	steps []step
}

// section is the key of a flow file that holds its tests.
const section = "test"

// Load reads the tests that paths name: a test file; a flow file with a test
// section, or with a test file beside it (echo.test.yaml for echo.json or
// echo.yaml); a directory with all of these in it. All problems are reported.
func Load(paths ...string) ([]*File, flowfile.Problems) {
	l := loader{seen: map[string]bool{}}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			l.unreadable(path, err)
		case info.IsDir():
			l.directory(path)
		default:
			l.named(path)
		}
	}
	if len(l.files) == 0 && len(l.problems) == 0 {
		for _, path := range paths {
			l.add(flowfile.Problem{Pos: flowfile.Pos{File: path}, Text: "there are no tests", Hint: "tests stand in files whose names end in .test.yaml"})
		}
	}
	return l.files, l.problems
}

type loader struct {
	files    []*File
	problems flowfile.Problems
	seen     map[string]bool // by path
}

func (l *loader) add(p ...flowfile.Problem) { l.problems = append(l.problems, p...) }

func (l *loader) unreadable(path string, err error) {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err // without the path, which the place has
	}
	l.add(flowfile.Problem{Pos: flowfile.Pos{File: path}, Text: "cannot be read: " + err.Error()})
}

// directory loads what has tests in it in a directory and those below.
func (l *loader) directory(dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !isYAML(path):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		root, _ := flowfile.ParseYAML(path, text)
		if isTestFile(path) || root != nil && child(root, section) != nil && looksLikeFlows(root) {
			l.parse(path, text)
		}
		return nil
	})
	if err != nil {
		l.unreadable(dir, err)
	}
}

// named loads the tests of a file that the user has named.
func (l *loader) named(path string) {
	before := len(l.files) + len(l.problems)
	if isYAML(path) {
		text, err := os.ReadFile(path)
		if err != nil {
			l.unreadable(path, err)
			return
		}
		root, problems := flowfile.ParseYAML(path, text)
		if root == nil {
			l.add(problems...)
			return
		}
		if isTestFile(path) || child(root, "tests") != nil || child(root, section) != nil {
			l.parse(path, text)
		}
	}
	if !isTestFile(path) {
		l.beside(path)
	}
	if len(l.files)+len(l.problems) == before && !l.seen[filepath.Clean(path)] {
		l.add(flowfile.Problem{
			Pos: flowfile.Pos{File: path}, Text: "this flow has no tests",
			Hint: "write them into " + filepath.Base(besideOf(path)) + " beside it, or into a section test if it is YAML",
		})
	}
}

// besideOf returns where the tests of a flow file are.
func besideOf(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".test.yaml" }

// beside loads the test file beside a flow file, if it is about that one.
func (l *loader) beside(path string) {
	name := besideOf(path)
	text, err := os.ReadFile(name)
	if err != nil {
		return
	}
	root, problems := flowfile.ParseYAML(name, text)
	if root == nil {
		l.add(problems...)
		return
	}
	r := &reader{file: name}
	if flows := child(root, "flow"); flows != nil {
		for _, n := range r.texts(flows, "flow") {
			if filepath.Join(filepath.Dir(name), n.Value) == filepath.Clean(path) {
				l.parse(name, text)
				return
			}
		}
	}
}

// parse reads a test file, or the section of a flow file.
func (l *loader) parse(path string, text []byte) {
	if l.seen[filepath.Clean(path)] {
		return
	}
	l.seen[filepath.Clean(path)] = true
	file, problems := Parse(path, text)
	l.add(problems...)
	if !problems.HasErrors() {
		l.files = append(l.files, file)
	}
}

// Parse reads the text of a test file, or of a flow file with a test section,
// and checks it against its flow files, which it reads.
func Parse(path string, text []byte) (*File, flowfile.Problems) {
	file := &File{Path: path}
	root, problems := flowfile.ParseYAML(path, text)
	if root == nil {
		return file, problems
	}
	b := &builder{reader: &reader{file: path, problems: problems}, file: file}
	if own := child(root, section); own != nil {
		file.Flows = []string{path}
		b.tests(own, false)
	} else {
		b.tests(root, true)
	}
	b.problems.Sort()
	return file, b.problems
}

// builder makes a File of a document.
type builder struct {
	*reader
	file  *File
	nodes nodeIndex // as they run: those in subflow instances have ids of their own
	drawn nodeIndex // as they stand in the flow file
}

// tests reads what is in a test file or section.
func (b *builder) tests(n *yaml.Node, namesFlow bool) {
	f := b.fields(n, "a test file")
	if namesFlow {
		flows := f.get("flow")
		if flows == nil {
			f.missing("flow", "say which file it tests: flow: echo.json")
			return
		}
		for _, name := range b.texts(flows, "flow") {
			b.file.Flows = append(b.file.Flows, filepath.Join(filepath.Dir(b.reader.file), name.Value))
		}
	}
	flows, problems := flowfile.Load(b.file.Flows...)
	if problems.HasErrors() {
		b.problems = append(b.problems, problems...)
		return
	}
	b.nodes, b.drawn = indexOf(flows.Expand().Nodes), indexOf(flows.Nodes)
	common := b.setup(f, Setup{Within: defaultWithin})
	tests := f.get("tests")
	f.done()
	if tests == nil {
		f.missing("tests", "write them as names with steps")
		return
	}
	for _, e := range b.entries(tests, "tests") {
		b.test(e, common)
	}
}

// test reads one test: a list of steps, or a map with steps and a setup.
func (b *builder) test(e entry, common Setup) {
	t := &Test{Name: e.key.Value, Pos: b.pos(e.key), Setup: common, file: b.file}
	steps := target(e.value)
	if steps.Kind == yaml.MappingNode {
		f := b.fields(steps, "a test")
		t.Setup = b.setup(f, common)
		steps = f.get("steps")
		f.done()
		if steps == nil {
			f.missing("steps", "write them as a list")
			return
		}
		steps = target(steps)
	}
	if steps.Kind != yaml.SequenceNode || len(steps.Content) == 0 {
		b.fail(steps, fmt.Sprintf("the test %q has no steps", t.Name), "write them as a list: - inject: NODE")
		return
	}
	p := &stepParser{reader: b.reader, nodes: b.nodes, setup: t.Setup, peers: map[string]peerKind{}}
	for _, n := range steps.Content {
		if s := p.step(n); s != nil {
			t.steps = append(t.steps, s)
		}
	}
	b.file.Tests = append(b.file.Tests, t)
}

// child returns a value of a mapping, nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// looksLikeFlows tells whether a YAML document is a flow file in hand form.
func looksLikeFlows(root *yaml.Node) bool {
	return cmp.Or(child(root, "nodes"), child(root, "flows")) != nil
}

func isTestFile(path string) bool {
	return slices.ContainsFunc([]string{".test.yaml", ".test.yml"}, func(end string) bool { return strings.HasSuffix(path, end) })
}

func isYAML(path string) bool {
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
}
