package framing

import (
	"bytes"
	"fmt"
)

// header is what a frame with a known length begins with.
type header interface {
	// measure reads the header of a frame from its first bytes: used is how many
	// bytes the header has, total how many the frame, with the header. Both are 0
	// if there is not enough of it. For a header that is none, used is how many
	// bytes show that.
	measure(head []byte) (total, used int, bad *Error)
	// longest returns how many bytes measure needs at most.
	longest() int
}

// countedScanner scans frames that say in a header how long they are.
type countedScanner struct {
	header
	limit int
	head  []byte // what there is of a header
	total int    // of the frame; 0 until it is known
	seen  int    // of the frame
}

func (*countedScanner) begin([]byte) int { return 0 }

func (c *countedScanner) scan(b []byte) (n int, done bool, bad *Error) {
	if c.total == 0 {
		head := b
		if len(c.head) > 0 {
			head = append(c.head, b[:min(len(b), c.longest()-len(c.head))]...)
		}
		total, used, wrong := c.measure(head)
		switch {
		case wrong != nil:
			n = max(used-c.seen, 0)
			c.reset()
			return n, true, wrong
		case total == 0:
			c.head = append(c.head[:0], head...)
			c.seen += len(b)
			return len(b), false, nil
		case total > c.limit:
			bad = tooLong(c.limit)
		}
		c.total = total
	}
	n = min(c.total-c.seen, len(b))
	c.seen += n
	if done = c.seen == c.total; done {
		c.reset()
	}
	return n, done, bad
}

func (c *countedScanner) reset() { c.head, c.total, c.seen = c.head[:0], 0, 0 }

// open cuts the header off.
func (c *countedScanner) open(frame []byte) ([]byte, *Error) {
	_, used, _ := c.measure(frame)
	return frame[used:], nil
}

// fixed are frames of this length.
type fixed int

func (f fixed) scanner(limit int) scanner { return &countedScanner{header: f, limit: limit} }

func (f fixed) measure([]byte) (total, used int, _ *Error) { return int(f), 0, nil }
func (f fixed) longest() int                               { return 0 }

func (f fixed) encode(dst, payload []byte) ([]byte, error) {
	if len(payload) != int(f) {
		return dst, errPayload(fmt.Sprintf("has %d bytes, frameLength is %d", len(payload), int(f)))
	}
	return append(dst, payload...), nil
}

// netstrings are 5:hello, (D. J. Bernstein, cr.yp.to/proto/netstrings.txt).
type netstrings struct{}

// netstringDigits is how many digits the length of a netstring may have.
const netstringDigits = 9

func (n netstrings) scanner(limit int) scanner {
	return &netstringScanner{countedScanner{header: n, limit: limit}}
}

func (netstrings) longest() int { return netstringDigits + 1 }

func (netstrings) measure(head []byte) (total, used int, bad *Error) {
	size, used, bad := decimal(head, ':', netstringDigits)
	if used == 0 || bad != nil {
		return 0, used, bad
	}
	return used + size + 1, used, nil
}

func (netstrings) encode(dst, payload []byte) ([]byte, error) {
	dst = fmt.Appendf(dst, "%d:", len(payload))
	return append(append(dst, payload...), ','), nil
}

type netstringScanner struct{ countedScanner }

func (n *netstringScanner) open(frame []byte) ([]byte, *Error) {
	payload, bad := n.countedScanner.open(frame)
	payload, ok := bytes.CutSuffix(payload, []byte(","))
	if !ok {
		return nil, fatal("a netstring does not end in a comma")
	}
	return payload, bad
}

// decimal reads a number without leading zeros that a byte ends; used is 0 if
// there is not enough of it.
func decimal(b []byte, end byte, digits int) (n, used int, bad *Error) {
	for i, c := range b {
		switch {
		case c == end && i > 0:
			return n, i + 1, nil
		case c < '0' || c > '9' || i == digits || i > 0 && b[0] == '0':
			return 0, i + 1, fatal("a frame does not begin with its length: %q", b[:i+1])
		}
		n = n*10 + int(c-'0')
	}
	return 0, 0, nil
}
