package flowtests

import (
	"strconv"

	"github.com/flowrun/flowrun/flow"
)

// Row is one line of a comparison: a property as it is expected, and as it is.
type Row struct {
	Path      string // a.b[0]; empty for the whole value
	Want, Got string // as shown; empty if there is none
	Differs   bool
}

// comparison compares a value with what is expected of it.
type comparison struct {
	exact   bool // objects have no more properties than expected
	rows    []Row
	differs bool
}

// compare tells whether got is as expected, and lists where it is not. An
// object needs the properties that are expected and may have more, unless exact;
// a list must have as many items. _msgid never counts if it is not expected.
func compare(want, got flow.Value, exact bool) (rows []Row, ok bool) {
	c := &comparison{exact: exact}
	c.value("", want, got, true)
	return c.rows, !c.differs
}

func (c *comparison) add(path, want, got string, differs bool) {
	c.rows = append(c.rows, Row{path, want, got, differs})
	c.differs = c.differs || differs
}

// value compares one value; there is false if it is a property that is missing.
func (c *comparison) value(path string, want, got flow.Value, there bool) {
	shownGot := ""
	if there {
		shownGot = show(got)
	}
	switch want := want.(type) {
	case *matcher:
		c.add(path, want.said, shownGot, !want.takes(got, there))
		return
	case *flow.Object:
		if got, ok := got.(*flow.Object); ok && want.Len()+got.Len() > 0 {
			c.object(path, want, got)
			return
		}
	case flow.Array:
		if got, ok := got.(flow.Array); ok && len(want) == len(got) && len(want) > 0 {
			for i := range want {
				c.value(path+"["+strconv.Itoa(i)+"]", want[i], got[i], true)
			}
			return
		}
	case string:
		if date, ok := got.(flow.Date); ok { // there are no dates in a test file
			got = date.String()
		}
	}
	c.add(path, show(want), shownGot, !there || !flow.Equal(want, got))
}

func (c *comparison) object(path string, want, got *flow.Object) {
	prefix := path
	if prefix != "" {
		prefix += "."
	}
	for key, v := range want.All() {
		found, there := got.Lookup(key)
		c.value(prefix+key, v, found, there)
	}
	for key, v := range got.All() {
		if _, expected := want.Lookup(key); expected || path == "" && key == flow.MsgID {
			continue
		}
		if c.exact || path == "" {
			c.add(prefix+key, "", show(v), c.exact)
		}
	}
}
