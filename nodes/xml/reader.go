package xml

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// reader reads an XML document up to the end of its root element and hands what
// it finds to a tree. It has no recursion: depth is a matter of the tree. Texts
// of errors are those of sax, the parser under xml2js.
type reader struct {
	text     string
	pos      int // in bytes
	tree     *tree
	sawTag   bool // or a comment, or an instruction
	sawRoot  bool
	finished bool
}

// parse returns an XML document as an object. Text of nothing but white space
// is null.
func parse(text string, o readOptions) (flow.Value, error) {
	if flow.TrimSpace(text) == "" {
		return flow.Null{}, nil
	}
	r := reader{text: strings.TrimPrefix(text, "\uFEFF"), tree: &tree{options: o}}
	for r.pos < len(r.text) && !r.finished {
		var err error
		if r.text[r.pos] == '<' {
			err = r.markup()
		} else {
			err = r.characters()
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case r.finished:
		return r.tree.result, nil
	case r.sawRoot:
		return nil, r.fail("Unclosed root tag")
	}
	return flow.Null{}, nil
}

// fail returns an error about the character at the position.
func (r *reader) fail(message string) error {
	before, char := r.text[:min(r.pos, len(r.text))], ""
	column := 0
	if r.pos < len(r.text) {
		c, _ := utf8.DecodeRuneInString(r.text[r.pos:])
		char = string(c)
		column = 1
	}
	column += flow.UTF16Len(before[strings.LastIndexByte(before, '\n')+1:])
	line := strings.Count(before, "\n")
	if char == "\n" {
		line, column = line+1, 0
	}
	return &flow.Error{Message: fmt.Sprintf("%s\nLine: %d\nColumn: %d\nChar: %s", message, line, column, char)}
}

// failAtEnd is the error of text that ends within a tag or the like.
func (r *reader) failAtEnd() error {
	r.pos = len(r.text)
	if r.sawRoot {
		return r.fail("Unclosed root tag")
	}
	return r.fail("Unexpected end")
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func (r *reader) skipSpace() {
	for r.pos < len(r.text) && isSpace(r.text[r.pos]) {
		r.pos++
	}
}

// characters reads text up to the next tag.
func (r *reader) characters() error {
	if !r.tree.isOpen() {
		if r.skipSpace(); r.pos >= len(r.text) || r.text[r.pos] == '<' {
			return nil
		}
		if r.sawTag {
			return r.fail("Text data outside of root node.")
		}
		return r.fail("Non-whitespace before first tag.")
	}
	if r.text[r.pos] == '&' {
		s, err := r.entity()
		r.tree.addText(s)
		return err
	}
	end := strings.IndexAny(r.text[r.pos:], "<&")
	if end < 0 {
		end = len(r.text) - r.pos
	}
	r.tree.addText(r.text[r.pos : r.pos+end])
	r.pos += end
	return nil
}

// named returns the character that HTML has a name for, in either case of letters,
// as sax does.
func named(name string) (string, bool) {
	for _, n := range []string{name, strings.ToLower(name)} {
		s := html.UnescapeString("&" + n + ";")
		if !strings.HasPrefix(n, "#") && !strings.HasSuffix(s, ";") { // else it is none, or only begins with one
			return s, true
		}
	}
	return "", false
}

// entity reads a reference to a character: a name, or a number.
func (r *reader) entity() (string, error) {
	start := r.pos + 1
	for r.pos = start; ; {
		if r.pos >= len(r.text) {
			return "", r.failAtEnd()
		}
		c, size := utf8.DecodeRuneInString(r.text[r.pos:])
		if c == ';' {
			break
		}
		if c != '#' && !isNameStart(c) && (r.pos == start || !isName(c)) {
			return "", r.fail("Invalid character in entity name")
		}
		r.pos += size
	}
	name := r.text[start:r.pos]
	if s, ok := named(name); ok {
		r.pos++
		return s, nil
	}
	digits, isNumber := strings.CutPrefix(strings.ToLower(name), "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !isNumber || err != nil || !isLegal(rune(n)) {
		return "", r.fail("Invalid character entity")
	}
	r.pos++
	return string(rune(n)), nil
}

// markup reads what begins with <.
func (r *reader) markup() error {
	r.sawTag = true
	rest := r.text[r.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return r.comment()
	case len(rest) >= len("<![CDATA[") && strings.EqualFold(rest[:len("<![CDATA[")], "<![CDATA["):
		r.pos += len("<![CDATA[")
		content, err := r.until("]]>")
		if err == nil && r.tree.isOpen() && content != "" {
			r.tree.addCData(content)
		}
		return err
	case len(rest) >= len("<!DOCTYPE") && strings.EqualFold(rest[:len("<!DOCTYPE")], "<!DOCTYPE"):
		return r.docType()
	case strings.HasPrefix(rest, "<!"):
		_, err := r.until(">")
		return err
	case strings.HasPrefix(rest, "<?"):
		_, err := r.until("?>")
		return err
	}
	r.pos++
	if r.skipSpace(); r.pos >= len(r.text) {
		return r.failAtEnd()
	}
	switch c, _ := utf8.DecodeRuneInString(r.text[r.pos:]); {
	case c == '/':
		r.pos++
		return r.endTag()
	case isNameStart(c):
		return r.startTag()
	}
	return r.fail("Unencoded <")
}

// until reads up to and including the end mark and returns what stands before
// that.
func (r *reader) until(mark string) (string, error) {
	content, _, found := strings.Cut(r.text[r.pos:], mark)
	if !found {
		return "", r.failAtEnd()
	}
	r.pos += len(content) + len(mark)
	return content, nil
}

func (r *reader) comment() error {
	r.pos += len("<!--")
	if _, err := r.until("--"); err != nil {
		return err
	}
	switch {
	case r.pos >= len(r.text):
		return r.failAtEnd()
	case r.text[r.pos] != '>':
		return r.fail("Malformed comment")
	}
	r.pos++
	return nil
}

// docType skips a document type declaration; entities that it declares stay
// unknown.
func (r *reader) docType() error {
	if r.sawRoot {
		r.pos += len("<!DOCTYPE") - 1
		return r.fail("Inappropriately located doctype declaration")
	}
	depth := 0 // of brackets and declarations inside
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case strings.HasPrefix(r.text[r.pos:], "<!--"):
			if err := r.comment(); err != nil {
				return err
			}
			continue
		case c == '"' || c == '\'':
			r.pos++
			if _, err := r.until(string(c)); err != nil {
				return err
			}
			continue
		case c == '<' || c == '[':
			depth++
		case c == '>' || c == ']':
			depth--
		}
		r.pos++
		if depth == 0 {
			return nil
		}
	}
	return r.failAtEnd()
}

// name reads a name; the position is at its first character.
func (r *reader) name() string {
	start := r.pos
	for r.pos < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.pos:])
		if !isName(c) {
			break
		}
		r.pos += size
	}
	return r.text[start:r.pos]
}

func (r *reader) startTag() error {
	name := r.name()
	if r.pos < len(r.text) && !strings.ContainsRune(" \n\r\t>/", rune(r.text[r.pos])) {
		return r.fail("Invalid character in tag name")
	}
	attributes := &flow.Object{}
	for spaced := true; ; {
		before := r.pos
		r.skipSpace()
		spaced = spaced || r.pos > before
		if r.pos >= len(r.text) {
			return r.failAtEnd()
		}
		switch c, _ := utf8.DecodeRuneInString(r.text[r.pos:]); {
		case c == '>':
			r.pos++
			r.sawRoot = true
			return r.tree.open(name, attributes)
		case c == '/':
			return r.emptyTag(name, attributes)
		case isNameStart(c) && !spaced:
			return r.fail("No whitespace between attributes")
		case isNameStart(c):
			key, value, err := r.attribute()
			if err != nil {
				return err
			}
			if _, twice := attributes.Lookup(key); !twice {
				attributes.Set(key, value)
			}
			spaced = false
		default:
			return r.fail("Invalid attribute name")
		}
	}
}

func (r *reader) emptyTag(name string, attributes *flow.Object) error {
	r.pos++
	switch {
	case r.pos >= len(r.text):
		return r.failAtEnd()
	case r.text[r.pos] != '>':
		return r.fail("Forward-slash in opening tag not followed by >")
	}
	r.pos++
	r.sawRoot = true
	if err := r.tree.open(name, attributes); err != nil {
		return err
	}
	r.finished = r.tree.close()
	return nil
}

func (r *reader) attribute() (key, value string, err error) {
	key = r.name()
	if r.pos < len(r.text) && !strings.ContainsRune(" \n\r\t>=", rune(r.text[r.pos])) {
		return "", "", r.fail("Invalid attribute name")
	}
	r.skipSpace()
	switch {
	case r.pos >= len(r.text):
		return "", "", r.failAtEnd()
	case r.text[r.pos] != '=':
		return "", "", r.fail("Attribute without value")
	}
	r.pos++
	if r.skipSpace(); r.pos >= len(r.text) {
		return "", "", r.failAtEnd()
	}
	quote := r.text[r.pos]
	if quote != '"' && quote != '\'' {
		return "", "", r.fail("Unquoted attribute value")
	}
	r.pos++
	var out strings.Builder
	for {
		end := strings.IndexAny(r.text[r.pos:], string(quote)+"&")
		if end < 0 {
			return "", "", r.failAtEnd()
		}
		out.WriteString(r.text[r.pos : r.pos+end])
		r.pos += end
		if r.text[r.pos] == quote {
			r.pos++
			return key, out.String(), nil
		}
		s, err := r.entity()
		if err != nil {
			return "", "", err
		}
		out.WriteString(s)
	}
}

func (r *reader) endTag() error {
	if r.pos >= len(r.text) {
		return r.failAtEnd()
	}
	if c, _ := utf8.DecodeRuneInString(r.text[r.pos:]); !isNameStart(c) {
		return r.fail("Invalid tagname in closing tag.")
	}
	name := r.name()
	before := r.pos
	r.skipSpace()
	switch {
	case r.pos >= len(r.text):
		return r.failAtEnd()
	case r.text[r.pos] != '>' && r.pos == before:
		return r.fail("Invalid tagname in closing tag")
	case r.text[r.pos] != '>':
		return r.fail("Invalid characters in closing tag")
	case !r.tree.isOpen():
		return r.fail("Unmatched closing tag: " + name)
	case r.tree.top().name != name:
		return r.fail("Unexpected close tag")
	}
	r.pos++
	r.finished = r.tree.close()
	return nil
}
