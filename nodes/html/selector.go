package html

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// selector is a compiled CSS selector with the positions of jQuery, such as
// li:first: they count what the selector before them finds.
type selector struct {
	text   string
	chains [][]step // one for each part between commas
}

// step finds elements below those of the step before it.
type step struct {
	match cascadia.SelectorGroup
	pick  func([]*html.Node) []*html.Node // nil for all
}

func compileSelector(text string) (*selector, error) {
	s := &selector{text: text}
	if rest, _, _ := cutPosition(text); rest == text { // most have no positions
		match, err := cascadia.ParseGroup(text)
		if err != nil {
			return nil, err
		}
		s.chains = [][]step{{{match: match}}}
		return s, nil
	}
	for _, part := range splitGroup(text) {
		chain, err := compileChain(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		s.chains = append(s.chains, chain)
	}
	return s, nil
}

func compileChain(text string) ([]step, error) {
	var chain []step
	for {
		before, position, after := cutPosition(text)
		if before == "" || strings.ContainsAny(before[len(before)-1:], " >+~") {
			before += "*"
		}
		match, err := cascadia.ParseGroup(before)
		if err != nil {
			return nil, err
		}
		chain = append(chain, step{match: match, pick: picker(position)})
		text = strings.TrimSpace(after)
		switch {
		case text == "":
			return chain, nil
		case after[0] != ' ' || strings.ContainsAny(text[:1], ">+~"):
			return nil, fmt.Errorf("%s can only be followed by a space and another selector", position)
		}
	}
}

// topLevel calls f with the index of each byte of a selector that stands outside
// of brackets and quotes, until it returns false.
func topLevel(text string, f func(i int) bool) {
	depth := 0
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && !f(i):
			return
		}
	}
}

func splitGroup(text string) []string {
	var parts []string
	start := 0
	topLevel(text, func(i int) bool {
		if text[i] == ',' {
			parts = append(parts, text[start:i])
			start = i + 1
		}
		return true
	})
	return append(parts, text[start:])
}

// cutPosition cuts text around the first position, such as :eq(2). Without one,
// all of the text stands before it.
func cutPosition(text string) (before, position, after string) {
	before = text
	topLevel(text, func(i int) bool {
		if text[i] != ':' {
			return true
		}
		name := text[i+1:]
		if end := strings.IndexFunc(name, func(c rune) bool { return c != '-' && (c < 'a' || c > 'z') }); end >= 0 {
			name = name[:end]
		}
		end := i + 1 + len(name)
		switch name {
		case "first", "last", "even", "odd":
		case "eq", "nth", "lt", "gt":
			closing := strings.IndexByte(text[end:], ')')
			if closing < 0 {
				return true
			}
			end += closing + 1
		default:
			return true
		}
		before, position, after = text[:i], text[i:end], text[end:]
		return false
	})
	return before, position, after
}

// picker returns what a position picks. An argument that is no number picks
// nothing.
func picker(position string) func([]*html.Node) []*html.Node {
	name, argument, _ := strings.Cut(strings.TrimPrefix(position, ":"), "(")
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(argument, ")")))
	keep := func(i, count int) bool { return false }
	switch {
	case name == "":
		return nil
	case name == "first":
		keep = func(i, _ int) bool { return i == 0 }
	case name == "last":
		keep = func(i, count int) bool { return i == count-1 }
	case name == "even":
		keep = func(i, _ int) bool { return i%2 == 0 }
	case name == "odd":
		keep = func(i, _ int) bool { return i%2 == 1 }
	case err != nil:
	case name == "eq" || name == "nth":
		keep = func(i, count int) bool { return i == n || i == n+count }
	case name == "lt":
		keep = func(i, count int) bool { return i < n || (n < 0 && i < n+count) }
	case name == "gt":
		keep = func(i, count int) bool { return i > n && (n >= 0 || i > n+count) }
	}
	return func(nodes []*html.Node) []*html.Node {
		var picked []*html.Node
		for i, node := range nodes {
			if keep(i, len(nodes)) {
				picked = append(picked, node)
			}
		}
		return picked
	}
}

// find returns the matching elements in document order.
func (s *selector) find(doc *html.Node) []*html.Node {
	if len(s.chains) == 1 && len(s.chains[0]) == 1 {
		return s.chains[0][0].find([]*html.Node{doc})
	}
	found := map[*html.Node]bool{}
	for _, chain := range s.chains {
		nodes := []*html.Node{doc}
		for _, step := range chain {
			nodes = step.find(nodes)
		}
		for _, n := range nodes {
			found[n] = true
		}
	}
	var list []*html.Node
	for n := range doc.Descendants() {
		if found[n] {
			list = append(list, n)
		}
	}
	return list
}

func (s step) find(roots []*html.Node) []*html.Node {
	var nodes []*html.Node
	seen := map[*html.Node]bool{}
	for _, root := range roots {
		for _, n := range cascadia.QueryAll(root, s.match) {
			if !seen[n] {
				seen[n] = true
				nodes = append(nodes, n)
			}
		}
	}
	if s.pick != nil {
		nodes = s.pick(nodes)
	}
	return nodes
}
