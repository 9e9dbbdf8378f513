package csv

import (
	"math"

	"github.com/flowrun/flowrun/flow"
)

// part is the place of a message in a sequence of lines. Without a sequence, or
// where it does not say, index and count are NaN, which no comparison finds.
type part struct {
	present      bool
	value        flow.Value
	index, count float64
	last         bool
}

func partOf(msg *flow.Message) part {
	p := part{present: msg.Has("parts"), value: msg.Get("parts"), index: math.NaN(), count: math.NaN()}
	if o, ok := p.value.(*flow.Object); ok {
		p.index, p.count = flow.Number(o.Get("index")), flow.Number(o.Get("count"))
	}
	p.last = p.index+1 >= p.count
	return p
}

// firstLine tells whether the text may begin with what comes before the rows.
func (p part) firstLine(skip int) bool { return !(p.index > float64(skip)) }

// line is the number of the first line of the text, from 0.
func (p part) line() float64 {
	if p.present {
		return p.index
	}
	return 0
}

// after returns the place in the sequence of rows, which is shorter than that of
// lines by those that are no rows.
func (p part) after(skip int, header bool) flow.Value {
	o, ok := p.value.(*flow.Object)
	if !ok {
		return p.value
	}
	less := float64(skip)
	if header {
		less++
	}
	o = o.Clone()
	for _, key := range []string{"index", "count"} {
		if v, has := o.Lookup(key); has {
			o.Set(key, flow.Number(v)-less)
		}
	}
	return o
}
