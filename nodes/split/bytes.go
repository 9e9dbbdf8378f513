package split

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
)

// cut says where text and Buffers are split.
type cut struct {
	separator []byte
	length    int        // set if parts have a length
	ch        flow.Value // parts.ch: what a join puts between the parts of it
}

func newCut(text, kind string) (cut, error) {
	switch kind {
	case "bin":
		list, separator, err := sequence.ParseBytes(text)
		if err == nil && len(separator) == 0 {
			err = errors.New("the separator is empty")
		}
		return cut{separator: separator, ch: list}, err
	case "len":
		n, err := length(text)
		return cut{length: n}, err
	case "str":
		if text == "" {
			text = "\n"
		}
		text = sequence.Unescape(text)
		return cut{separator: []byte(text), ch: text}, nil
	}
	return cut{}, errors.New("spltType must be str, bin or len, not " + kind)
}

// source is one of the two things that may be a stream of bytes, text or
// Buffers, with what is left of the last message.
type source struct {
	isText bool
	rest   []byte // the node's own memory
}

// part returns a part as a value. Memory that is in a Buffer is never written
// again.
func (s *source) part(b []byte) flow.Value {
	if s.isText {
		return string(b)
	}
	return flow.Buffer(slices.Clip(b))
}

// splitBytes sends the parts of text or a Buffer. In a stream, the last part is
// held back until it is known to be whole.
func (n *Node) splitBytes(src *source, data []byte, s sender) error {
	held := len(src.rest)
	if held > 0 {
		src.rest = append(src.rest, data...)
		data = src.rest
	}
	var p pieces
	switch {
	case n.cut.length == 0:
		p = cutAt(data, n.cut.separator, max(0, held-len(n.cut.separator)+1))
	case src.isText:
		p = cutText(data, n.cut.length)
	default:
		p = cutBytes(data, n.cut.length)
	}
	if !n.stream {
		n.next = 0
	}
	n.describe(src, &p, s.parts)
	for _, b := range p.whole {
		if err := s.send(src.part(b), n.next); err != nil {
			return err
		}
		n.next++
	}
	if len(p.whole) > 0 {
		n.endWaiting()
	}
	if n.sendsLast(src, &p) {
		if err := s.send(src.part(p.last), n.next); err != nil {
			return err
		}
		n.next++
		p.last = nil
		n.endWaiting()
	}
	switch {
	case !n.stream || len(p.last) == 0:
		src.rest = nil
	case held == 0 || len(p.whole) > 0: // the memory is that of a message, or in messages
		src.rest = bytes.Clone(p.last)
	}
	if n.waits(src) {
		n.waiting = append(n.waiting, s.out.Keep())
	}
	return nil
}

// sendsLast tells whether the last piece is sent now.
func (n *Node) sendsLast(src *source, p *pieces) bool {
	switch {
	case n.stream:
		return n.cut.length > 0 && p.lastSize == n.cut.length
	case n.cut.length == 0 && !src.isText:
		// Node-RED drops the empty Buffer after a separator at the end, though
		// it has counted it.
		return len(p.last) > 0
	}
	return true
}

// waits tells whether the message in hand completes only when what is held of it
// has been sent. As in Node-RED, text that is split at a separator does not wait.
func (n *Node) waits(src *source) bool {
	return len(src.rest) > 0 && (n.cut.length > 0 || !src.isText)
}

func (n *Node) endWaiting() {
	for _, done := range n.waiting {
		done(nil)
	}
	n.waiting = nil
}

// describe sets what all parts have in common.
func (n *Node) describe(src *source, p *pieces, parts *flow.Object) {
	parts.Set("type", "buffer")
	if src.isText {
		parts.Set("type", "string")
	}
	count := len(p.whole) + 1
	if n.cut.length > 0 {
		if src.isText {
			parts.Set("ch", "")
		}
		parts.Set("len", float64(n.cut.length))
		if p.lastSize == 0 {
			count-- // nothing at all: it is sent, but as in Node-RED does not count
		}
	} else {
		parts.Set("ch", n.cut.ch)
	}
	if !n.stream {
		parts.Set("count", float64(count))
	}
}

// pieces are what data is cut into: whole parts, and one that may go on.
type pieces struct {
	whole    [][]byte
	last     []byte
	lastSize int // in bytes or UTF-16 units, if parts have a length
}

// cutAt cuts at each separator. There is none that begins before from.
func cutAt(data, separator []byte, from int) pieces {
	var p pieces
	start := 0
	for {
		i := bytes.Index(data[from:], separator)
		if i < 0 {
			p.last = data[start:]
			return p
		}
		p.whole = append(p.whole, data[start:from+i])
		start = from + i + len(separator)
		from = start
	}
}

// cutBytes cuts parts of n bytes; the last has as many or less.
func cutBytes(data []byte, n int) pieces {
	p := pieces{whole: make([][]byte, 0, len(data)/n)}
	for len(data) > n {
		p.whole = append(p.whole, data[:n])
		data = data[n:]
	}
	p.last, p.lastSize = data, len(data)
	return p
}

// cutText cuts parts of n UTF-16 units, which is how JavaScript measures text;
// the last has as many or less. A character of two units that lies across a cut
// stays whole, in the part where it begins, so that the next is one unit
// shorter.
func cutText(data []byte, n int) pieces {
	var p pieces
	start, units := 0, 0 // the part at work: where it starts, its units so far
	cut := func(end int) {
		p.whole = append(p.whole, data[start:end])
		start = end
		units -= n
	}
	for i := 0; i < len(data); {
		for units >= n {
			cut(i)
		}
		r, size := utf8.DecodeRune(data[i:])
		i += size
		units++
		if r > 0xFFFF {
			units++
		}
	}
	for units > n {
		cut(len(data))
	}
	p.last, p.lastSize = data[start:], units
	return p
}
