package csv

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// legacyDialect reads and writes as Node-RED did before version 4: quotes may
// stand anywhere in a value and are dropped.
type legacyDialect struct {
	*Node
	template []string // the column names so far; an empty one is left out
	named    bool     // they came from the template or from a header
	warned   bool     // about objects without column names
}

func newLegacy(n *Node) *legacyDialect {
	d := &legacyDialect{Node: n}
	d.setTemplate(n.Template, ",")
	return d
}

// setTemplate reads column names. Spaces around them and all quotes go.
func (d *legacyDialect) setTemplate(text, separator string) {
	d.template = splitOutsideQuotes(flow.TrimSpace(text), separator)
	for i, name := range d.template {
		d.template[i] = flow.TrimSpace(strings.ReplaceAll(name, `"`, ""))
	}
	d.named = len(d.template) > 1 || d.template[0] != ""
}

// splitOutsideQuotes splits at the separators that have an even number of quotes
// after them.
func splitOutsideQuotes(text, separator string) []string {
	var list []string
	quotesAfter := strings.Count(text, `"`)
	start := 0
	for i := 0; i < len(text); {
		switch {
		case quotesAfter%2 == 0 && strings.HasPrefix(text[i:], separator):
			list = append(list, text[start:i])
			i += len(separator)
			start = i
		case text[i] == '"':
			quotesAfter--
			i++
		default:
			i++
		}
	}
	return append(list, text[start:])
}

// join lists column names, with quotes around those that hold the separator.
func join(names []string, separator string, withEmpty bool) string {
	var list []string
	for _, name := range names {
		if strings.Contains(name, separator) {
			name = `"` + name + `"`
		}
		if name != "" || withEmpty {
			list = append(list, name)
		}
	}
	return strings.Join(list, separator)
}

// legacyReader is the state of reading one text.
type legacyReader struct {
	*legacyDialect
	rows   flow.Array
	row    *flow.Object
	column int
	cell   strings.Builder
}

func (d *legacyDialect) parse(text string, at part) (table, error) {
	t := table{lineBreaks: strings.Count(text, "\n") + strings.Count(text, "\r")}
	first := at.firstLine(d.Skip) || (at.present && d.Multi == "mult" && t.lineBreaks > 1)
	rest := text
	if first {
		for line := at.line(); line < float64(d.Skip) && rest != ""; line++ {
			_, rest, _ = strings.Cut(rest, "\n")
		}
	}
	if first && d.HeaderIn && rest != "" {
		end := strings.IndexAny(rest[:len(rest)-1], "\r\n")
		if end < 0 {
			d.setTemplate(rest, d.Separator)
			rest = ""
		} else {
			d.setTemplate(rest[:end], d.Separator)
			rest = rest[end+1:]
		}
	}
	r := legacyReader{legacyDialect: d, row: &flow.Object{}}
	if !r.read(rest) {
		d.env.Warn(d.env.Text("csv.errors.bad_csv", "Malformed CSV data - output probably corrupt."))
	}
	t.rows, t.columns = r.rows, join(d.template, ",", false)
	return t, nil
}

// read reads rows and tells whether all quotes were closed.
func (r *legacyReader) read(text string) bool {
	outside := true // of quotes
	null := false   // the value is missing: nothing stands between two separators
	for i := 0; i < len(text); {
		afterSeparator := i == 0 || strings.HasSuffix(text[:i], r.Separator) || text[i-1] == '\n'
		switch c := text[i]; {
		case c == '"':
			outside = !outside
			if !outside && i > 0 && text[i-1] == '"' {
				r.cell.WriteByte('"')
			}
			i++
		case outside && strings.HasPrefix(text[i:], r.Separator):
			r.endCell(afterSeparator)
			r.column++
			i += len(r.Separator)
			null = i >= len(text)
		case outside && (c == '\n' || c == '\r'):
			r.endCell(strings.HasSuffix(text[:i], r.Separator))
			r.endRow()
			i++
		default:
			end := i + 1
			for end < len(text) && !strings.ContainsRune("\"\r\n", rune(text[end])) && text[end] != r.Separator[0] {
				end++
			}
			r.cell.WriteString(text[i:end])
			i = end
		}
	}
	r.endCell(null)
	r.endRow()
	return outside
}

// endCell sets the property of the value that has been read.
func (r *legacyReader) endCell(null bool) {
	text := r.cell.String()
	r.cell.Reset()
	if !r.named {
		for len(r.template) <= r.column {
			r.template = append(r.template, "")
		}
		r.template[r.column] = "col" + strconv.Itoa(r.column+1)
	}
	if r.column >= len(r.template) || r.template[r.column] == "" {
		return
	}
	name := r.template[r.column]
	switch {
	case null:
		if r.NullValues {
			r.row.Set(name, flow.Null{})
		}
	case text == "":
		if r.EmptyStrings {
			r.row.Set(name, "")
		}
	default:
		r.row.Set(name, r.value(text))
	}
}

func (r *legacyReader) endRow() {
	if r.row.Len() > 0 {
		r.rows = append(r.rows, r.row)
		r.row = &flow.Object{}
	}
	r.column = 0
}

var legacyNumber = regexp.MustCompile(`^(\d*\.?\d*)(?:[eE]-?\+?)?\d+$`)

func (d *legacyDialect) value(text string) flow.Value {
	if !d.Numbers {
		return text
	}
	trimmed := flow.TrimSpace(text)
	digits := strings.TrimPrefix(trimmed, "-")
	switch {
	case digits == "" || digits[0] == 'e' || digits[0] == 'E':
		return text
	case len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9':
		return text // 0123 is no number, but a phone number or the like
	case !legacyNumber.MatchString(digits):
		return text
	}
	mantissa, _, odd := strings.Cut(strings.ToLower(trimmed), "e-+")
	if odd {
		trimmed = mantissa // 1e-+5: parseFloat reads the 1
	}
	return flow.Number(trimmed)
}

func (d *legacyDialect) format(msg *flow.Message, payload flow.Value, at part) (text, columns string, err error) {
	// The rows of a sequence share the columns that the first one found.
	if d.Template != "" || !(at.index > 0) {
		d.setTemplate(d.Template, ",")
	}
	rows, _ := rowsOf(payload)
	var out strings.Builder
	if d.writesHeader() {
		if !d.hasColumns() {
			if err := d.findColumns(msg, payload); err != nil {
				return "", "", err
			}
		}
		out.WriteString(join(d.template, d.Separator, true) + d.LineEnd)
		d.headerSent = d.HeaderOut == "once"
	}
	for _, row := range rows {
		cells, err := d.cells(msg, row, rows[0])
		if err != nil {
			return "", "", err
		}
		out.WriteString(strings.Join(cells, d.Separator) + d.LineEnd)
	}
	if out.Len() == 0 {
		out.WriteString(d.LineEnd)
	}
	return out.String(), join(d.template, ",", true), nil
}

func (d *legacyDialect) hasColumns() bool {
	return len(d.template) > 1 || (len(d.template) == 1 && d.template[0] != "")
}

// findColumns takes the names for the header from the message or, if there are
// none, from the first item of the payload.
func (d *legacyDialect) findColumns(msg *flow.Message, payload flow.Value) error {
	if msg.Has("columns") {
		d.setTemplate(columnsOf(msg), ",")
		return nil
	}
	first := payload
	if list, ok := payload.(flow.Array); ok {
		first = nil
		if len(list) > 0 {
			first = list[0]
		}
	}
	o, err := properties(first)
	if err == nil {
		d.template = o.Keys()
	}
	return err
}

// cells returns the values of a row as they are written.
func (d *legacyDialect) cells(msg *flow.Message, row, first flow.Value) ([]string, error) {
	var cells []string
	if list, ok := row.(flow.Array); ok {
		for _, v := range list {
			if _, isNull := v.(flow.Null); isNull {
				return nil, &flow.Error{Name: "TypeError", Message: "Cannot read properties of null (reading 'toString')"}
			}
			text := ""
			if v != nil {
				text = flow.Text(v)
			}
			cells = append(cells, d.quote(text, text))
		}
		return cells, nil
	}
	if isScalar(row) { // the first row is an object or a list
		return nil, &flow.MissingParentError{Key: "length"}
	}
	if !d.hasColumns() && msg.Has("columns") {
		d.setTemplate(columnsOf(msg), ",")
	}
	o, _ := properties(row) // null has none
	if d.hasColumns() {
		for _, name := range d.template {
			text := ""
			if name != "" {
				if o == nil {
					return nil, &flow.MissingParentError{Key: name, Parent: row}
				}
				text = cellText(o.Get(name))
			}
			cells = append(cells, d.quote(text, text))
		}
		return cells, nil
	}
	d.warnAboutColumns(&d.warned)
	keys, _ := properties(first)
	if o == nil || keys == nil {
		return nil, nil
	}
	for _, key := range keys.Keys() {
		if v, has := o.Lookup(key); has && isScalar(v) {
			cells = append(cells, d.quote(cellText(v), key))
		}
	}
	return cells, nil
}

// quote puts quotes around a value that holds a quote or a separator, or if
// there is a line break in what decides about that.
func (d *legacyDialect) quote(text, decides string) string {
	switch {
	case strings.Contains(text, `"`):
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	case strings.Contains(text, d.Separator) || strings.Contains(decides, "\n"):
		return `"` + text + `"`
	}
	return text
}
