package csv

import (
	"math"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// cell is one value of a row; null says that there was nothing at all between
// two separators, not even quotes.
type cell struct {
	text string
	null bool
}

// rowReader reads rows as RFC 4180 says, with any separator and with lines that
// end with \n, \r or \r\n. Unless it is strict it makes the best of quotes that
// stand where they should not.
type rowReader struct {
	text      string
	pos       int // in bytes
	separator string
	strict    bool
	firstOnly bool // stop after the first line

	row  []cell
	rows [][]cell
	cell string          // the value so far,
	long strings.Builder // if it is of several pieces
}

func syntaxError(name, message string) error { return &flow.Error{Name: name, Message: message} }

// read reads rows from pos on. Empty lines are no rows, and a line that ends
// with a separator ends before it.
func (r *rowReader) read() ([][]cell, error) {
	fresh := true // nothing of the value has been seen
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case r.atSeparator():
			r.endCell(fresh)
			r.pos += len(r.separator)
			fresh = true
		case c == '"' && fresh:
			if err := r.quoted(); err != nil {
				return nil, err
			}
			fresh = false
		case c == '"':
			if r.strict {
				return nil, syntaxError("UnquotedQuoteError", "Quote found in the middle of an unquoted field")
			}
			r.strayQuote()
		case c == '\n' || c == '\r':
			r.endRow()
			r.pos++
			if strings.HasPrefix(r.text[r.pos:], "\n") {
				r.pos++
			}
			fresh = true
			if r.firstOnly {
				return r.rows, nil
			}
		default:
			r.plain()
			fresh = false
		}
	}
	r.endRow()
	return r.rows, nil
}

func (r *rowReader) atSeparator() bool { return strings.HasPrefix(r.text[r.pos:], r.separator) }

// atEnd tells whether the value ends here.
func (r *rowReader) atEnd() bool {
	return r.pos >= len(r.text) || r.text[r.pos] == '\n' || r.text[r.pos] == '\r' || r.atSeparator()
}

// plain reads up to the next character that means something.
func (r *rowReader) plain() {
	start := r.pos
	for r.pos++; r.pos < len(r.text); r.pos++ {
		if c := r.text[r.pos]; c == '"' || c == '\n' || c == '\r' || (c == r.separator[0] && r.atSeparator()) {
			break
		}
	}
	r.add(r.text[start:r.pos])
}

// strayQuote keeps one quote, unless it ends the value.
func (r *rowReader) strayQuote() {
	r.pos++
	if r.atEnd() {
		return
	}
	r.add(`"`)
	if r.text[r.pos] == '"' {
		r.pos++
	}
}

// quoted reads from the opening quote to the closing one.
func (r *rowReader) quoted() error {
	for r.pos++; ; r.pos++ {
		i := strings.IndexByte(r.text[r.pos:], '"')
		if i < 0 {
			r.add(r.text[r.pos:])
			r.pos = len(r.text)
			if r.strict {
				return syntaxError("ParseError", "Missing quote, unclosed cell")
			}
			return nil
		}
		r.add(r.text[r.pos : r.pos+i])
		r.pos += i + 1
		if !strings.HasPrefix(r.text[r.pos:], `"`) {
			break
		}
		r.add(`"`)
	}
	if r.atEnd() {
		return nil
	}
	if r.strict {
		return syntaxError("DataAfterCloseError", "Data found after closing quote")
	}
	r.add(`"`) // it did not close after all
	return nil
}

func (r *rowReader) add(piece string) {
	switch {
	case r.long.Len() > 0:
		r.long.WriteString(piece)
	case r.cell == "":
		r.cell = piece
	default:
		r.long.WriteString(r.cell)
		r.long.WriteString(piece)
	}
}

func (r *rowReader) endCell(fresh bool) {
	text := r.cell
	if r.long.Len() > 0 {
		text = r.long.String()
		r.long.Reset()
	}
	r.cell = ""
	r.row = append(r.row, cell{text, text == "" && fresh})
}

func (r *rowReader) endRow() {
	if r.cell != "" || r.long.Len() > 0 {
		r.endCell(false)
	}
	if len(r.row) > 0 {
		r.rows = append(r.rows, r.row)
		r.row = make([]cell, 0, len(r.row))
	}
}

// number returns the number that the text is, as JavaScript's Number(text) says.
// What begins with a plus sign or with a zero before digits is no number but a
// phone number, a postcode, an article number.
func number(text string) (float64, bool) {
	trimmed := strings.TrimLeft(text, " ")
	if strings.HasPrefix(trimmed, "+") {
		return 0, false
	}
	digits := strings.TrimPrefix(trimmed, "-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return 0, false
	}
	n := flow.Number(text)
	return n, !math.IsNaN(n)
}
