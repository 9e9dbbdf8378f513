package mustache

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/flowrun/flowrun/flow"
)

type kind byte

const (
	literal   kind = iota
	escaped        // {{name}}
	unescaped      // {{{name}}} and {{&name}}
	section        // {{#name}} … {{/name}}
	inverted       // {{^name}} … {{/name}}
	end            // {{/name}}, while parsing only
)

type token struct {
	kind  kind
	text  string  // of a literal, else the name
	inner []token // of a section
}

// Parse reads a template. The errors have the words of mustache.js, with
// positions in UTF-16 units:
//
//	Unclosed tag at 7
//	Unopened section "name" at 7
//	Unclosed section "name" at 7
//	Invalid tags: <%
func Parse(text string) (*Template, error) {
	p := parser{text: text, open: "{{", close: "}}"}
	for p.literals() {
		if err := p.tag(); err != nil {
			return nil, err
		}
	}
	p.endLine()
	if n := len(p.sections); n > 0 {
		return nil, p.errorAt(len(text), `Unclosed section "%s"`, p.sections[n-1])
	}
	tokens, _ := nest(p.tokens)
	return &Template{tokens}, nil
}

type parser struct {
	text        string
	pos         int
	open, close string // the delimiters

	tokens   []token  // of all levels, in the order of the text
	sections []string // names of the sections that are open

	line    int  // the first token of the line
	hasTag  bool // the line has a tag
	visible bool // the line has something to see: a variable, or text that is not blank
}

func (p *parser) errorAt(pos int, format string, args ...any) error {
	return fmt.Errorf(format+" at %d", append(args, flow.UTF16Len(p.text[:pos]))...)
}

// literals reads the text before the next tag and tells whether there is one.
func (p *parser) literals() bool {
	rest := p.text[p.pos:]
	n := strings.Index(rest, p.open)
	found := n >= 0
	if found {
		rest = rest[:n]
	}
	for line := range strings.Lines(rest) {
		p.tokens = append(p.tokens, token{kind: literal, text: line})
		p.visible = p.visible || flow.TrimSpace(line) != ""
		if strings.HasSuffix(line, "\n") {
			p.endLine()
		}
	}
	p.pos += len(rest)
	return found
}

// endLine removes the blanks of a line that has tags but nothing to see.
func (p *parser) endLine() {
	if p.hasTag && !p.visible {
		for i := p.line; i < len(p.tokens); i++ {
			if p.tokens[i].kind == literal {
				p.tokens[i].text = ""
			}
		}
	}
	p.line, p.hasTag, p.visible = len(p.tokens), false, false
}

// tag reads a tag; the parser stands at its opening delimiter.
func (p *parser) tag() error {
	start := p.pos
	p.hasTag = true
	p.pos += len(p.open)
	rest := p.text[p.pos:]
	p.pos += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
	sigil := byte(0)
	if p.pos < len(p.text) && strings.IndexByte("#^/>{&=!", p.text[p.pos]) >= 0 {
		sigil = p.text[p.pos]
		p.pos++
	}

	var name string
	var ok bool
	switch sigil {
	case '{':
		name, ok = p.until("}" + p.close)
	case '=':
		if name, ok = p.until("="); ok {
			_, ok = p.until(p.close)
		}
	default:
		name, ok = p.until(p.close)
	}
	if !ok {
		return p.errorAt(len(p.text), "Unclosed tag")
	}

	switch sigil {
	case 0:
		p.add(escaped, name)
	case '{', '&':
		p.add(unescaped, name)
	case '#', '^':
		p.sections = append(p.sections, name)
		if sigil == '#' {
			p.add(section, name)
		} else {
			p.add(inverted, name)
		}
	case '/':
		last := len(p.sections) - 1
		if last < 0 {
			return p.errorAt(start, `Unopened section "%s"`, name)
		}
		if p.sections[last] != name {
			return p.errorAt(start, `Unclosed section "%s"`, p.sections[last])
		}
		p.sections = p.sections[:last]
		p.add(end, name)
	case '=':
		delimiters := strings.Fields(name)
		if len(delimiters) != 2 {
			return fmt.Errorf("Invalid tags: %s", strings.Join(delimiters, ",")) //nolint:staticcheck // the words of mustache.js
		}
		p.open, p.close = delimiters[0], delimiters[1]
	}
	return nil
}

func (p *parser) add(k kind, name string) {
	p.tokens = append(p.tokens, token{kind: k, text: name})
	p.visible = p.visible || k == escaped || k == unescaped
}

// until returns the text up to a mark, without the space around it, and goes on
// behind the mark.
func (p *parser) until(mark string) (string, bool) {
	before, _, found := strings.Cut(p.text[p.pos:], mark)
	p.pos += len(before) + len(mark)
	return flow.TrimSpace(before), found
}

// nest puts the tokens of each section into it. It returns what stands behind
// the end of the section in which it began, too.
func nest(tokens []token) (inner, rest []token) {
	for len(tokens) > 0 {
		t := tokens[0]
		tokens = tokens[1:]
		switch t.kind {
		case end:
			return inner, tokens
		case section, inverted:
			t.inner, tokens = nest(tokens)
		case literal:
			if t.text == "" {
				continue
			}
		}
		inner = append(inner, t)
	}
	return inner, nil
}
