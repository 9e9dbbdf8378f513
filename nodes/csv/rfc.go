package csv

import (
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// rfcDialect reads and writes as RFC 4180 says.
type rfcDialect struct {
	*Node
	template []string // the column names; an empty one is left out
	warned   bool     // about objects without column names
}

func newRFC(n *Node) (*rfcDialect, error) {
	d := &rfcDialect{Node: n}
	template, err := readTemplate(n.Template)
	d.template = template
	return d, err
}

// readTemplate reads column names, which stand on one line.
func readTemplate(text string) ([]string, error) {
	r := rowReader{text: text, separator: ",", strict: true}
	rows, err := r.read()
	if err != nil || len(rows) != 1 {
		return nil, err
	}
	return names(rows[0]), nil
}

func names(row []cell) []string {
	list := make([]string, len(row))
	for i, c := range row {
		list[i] = c.text
	}
	return list
}

// quote puts quotes around a value that holds a separator, a quote or a line
// break (RFC 4180, section 2.6 and 2.7).
func quote(text, separator string) string {
	if !strings.ContainsAny(text, "\"\r\n") && !strings.Contains(text, separator) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// columnList joins the column names that are not empty.
func columnList(template []string) string {
	var list []string
	for _, name := range template {
		if name != "" {
			list = append(list, quote(name, ","))
		}
	}
	return strings.Join(list, ",")
}

func (d *rfcDialect) parse(text string, at part) (table, error) {
	first := at.firstLine(d.Skip)
	pos := 0
	if at.line() < float64(d.Skip) {
		if pos = skipLines(text, at.line(), d.Skip, first); pos >= len(text) {
			return table{skipped: true}, nil
		}
	}
	t := table{lineBreaks: strings.Count(text[pos:], "\n") + strings.Count(text[pos:], "\r")}
	if at.present && d.Multi == "mult" && t.lineBreaks > 1 {
		first = true
	}
	if first && d.HeaderIn {
		header := rowReader{text: text, pos: pos, separator: d.Separator, strict: true, firstOnly: true}
		rows, err := header.read()
		if err != nil {
			d.badTemplate()
			return t, err
		}
		d.template = nil
		if len(rows) > 0 {
			d.template = names(rows[0])
		}
		pos = header.pos
	}
	reader := rowReader{text: text, pos: pos, separator: d.Separator}
	rows, err := reader.read()
	if err != nil {
		return t, err
	}
	columns := d.template
	if len(columns) == 0 && len(rows) > 0 {
		for i := range rows[0] {
			columns = append(columns, "col"+strconv.Itoa(i+1))
		}
	}
	for _, row := range rows {
		if o := d.object(row, columns); o.Len() > 0 {
			t.rows = append(t.rows, o)
		}
	}
	t.columns = columnList(columns)
	return t, nil
}

// skipLines returns where the text goes on after the lines to be skipped. As in
// Node-RED each \r and each \n counts as a line.
func skipLines(text string, line float64, skip int, first bool) int {
	pos := 0
	for first && line < float64(skip) && pos < len(text) {
		if c := text[pos]; c == '\r' || c == '\n' {
			line++
		}
		pos++
	}
	return pos
}

func (d *rfcDialect) object(row []cell, columns []string) *flow.Object {
	o := &flow.Object{}
	for i, name := range columns {
		if name == "" {
			continue
		}
		c := cell{null: true}
		if i < len(row) {
			c = row[i]
		}
		switch {
		case c.null:
			if d.NullValues {
				o.Set(name, flow.Null{})
			}
		case c.text == "":
			if d.EmptyStrings {
				o.Set(name, "")
			}
		default:
			o.Set(name, d.value(c.text))
		}
	}
	return o
}

func (d *rfcDialect) value(text string) flow.Value {
	if d.Numbers {
		if n, ok := number(text); ok {
			return n
		}
	}
	return text
}

func (d *rfcDialect) format(msg *flow.Message, payload flow.Value, at part) (text, columns string, err error) {
	// The rows of a sequence share the columns that the first one found.
	if d.Template != "" || !(at.index > 0) {
		if d.template, err = readTemplate(d.Template); err != nil {
			return "", "", err
		}
	}
	rows, areLists := rowsOf(payload)
	var out strings.Builder
	if d.writesHeader() {
		if err := d.findColumns(msg, rows); err != nil {
			return "", "", err
		}
		header := make([]string, len(d.template))
		for i, name := range d.template {
			header[i] = quote(name, d.Separator)
		}
		out.WriteString(strings.Join(header, d.Separator) + d.LineEnd)
		d.headerSent = d.HeaderOut == "once"
	}
	for _, row := range rows {
		if !areLists && len(d.template) == 0 && msg.Has("columns") {
			if d.template, err = readTemplate(columnsOf(msg)); err != nil {
				return "", "", err
			}
		}
		cells, err := d.cells(row, rows[0], areLists)
		if err != nil {
			return "", "", err
		}
		out.WriteString(strings.Join(cells, d.Separator) + d.LineEnd)
	}
	if out.Len() == 0 {
		out.WriteString(d.LineEnd)
	}
	return out.String(), columnList(d.template), nil
}

// findColumns takes the names for the header from the message or, if there are
// none, from the first row.
func (d *rfcDialect) findColumns(msg *flow.Message, rows flow.Array) (err error) {
	if len(d.template) > 0 {
		return nil
	}
	if msg.Has("columns") {
		d.template, err = readTemplate(columnsOf(msg))
		return err
	}
	var first flow.Value
	if len(rows) > 0 {
		first = rows[0]
	}
	o, err := properties(first)
	if err == nil {
		d.template = o.Keys()
	}
	return err
}

// cells returns the values of a row as they are written.
func (d *rfcDialect) cells(row, first flow.Value, isList bool) ([]string, error) {
	keys := d.template
	if isList {
		count := len(keys)
		if count == 0 {
			o, err := properties(row)
			if err != nil {
				return nil, &flow.MissingParentError{Key: "length", Parent: row}
			}
			count = o.Len()
		}
		keys = indices(d.template, count)
	}
	if isList || len(keys) > 0 {
		return d.valuesOf(row, keys)
	}
	d.warnAboutColumns(&d.warned)
	o, err := properties(row)
	if err != nil {
		return nil, err
	}
	d.template = o.Keys()
	named, err := properties(first)
	if err != nil {
		return nil, err
	}
	var cells []string
	for _, key := range named.Keys() {
		if v, has := o.Lookup(key); has && isScalar(v) {
			cells = append(cells, quote(cellText(v), d.Separator))
		}
	}
	return cells, nil
}

// indices returns the keys of a list of so many items. Those without a name in
// the template are empty, and left out at the end.
func indices(template []string, count int) []string {
	keys := make([]string, count)
	named := 0
	for i := range count {
		if len(template) == 0 || template[i] != "" {
			keys[i] = strconv.Itoa(i)
			named = i + 1
		}
	}
	return keys[:named]
}

// valuesOf returns the values of the keys; those of an empty key are empty.
func (d *rfcDialect) valuesOf(row flow.Value, keys []string) ([]string, error) {
	o, _ := properties(row) // null has none
	cells := make([]string, len(keys))
	for i, key := range keys {
		if key == "" {
			continue
		}
		if o == nil {
			return nil, &flow.MissingParentError{Key: key, Parent: row}
		}
		cells[i] = quote(cellText(o.Get(key)), d.Separator)
	}
	return cells, nil
}
