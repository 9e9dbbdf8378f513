package framing

import "bytes"

// enclosed are frames between a byte that begins and bytes that end one, such as
// those of MLLP. What stands outside of frames is skipped.
type enclosed struct {
	start    byte
	end      []byte
	fallback []int
}

func newEnclosed(start byte, end []byte) enclosed { return enclosed{start, end, failures(end)} }

// mllp is HL7's Minimal Lower Layer Protocol: VT, the message, FS CR.
func mllp() enclosed { return newEnclosed(0x0B, []byte{0x1C, '\r'}) }

func (e enclosed) scanner(int) scanner {
	return &enclosedScanner{enclosed: e, matcher: matcher{pattern: e.end, fallback: e.fallback}}
}

func (e enclosed) encode(dst, payload []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, e.start)
	dst = append(append(dst, payload...), e.end...)
	if bytes.IndexByte(payload, e.start) >= 0 || bytes.Index(dst[start+1:], e.end) != len(payload) {
		return dst[:start], errPayload("contains what begins or ends a frame")
	}
	return dst, nil
}

type enclosedScanner struct {
	enclosed
	matcher
	started bool
}

func (e *enclosedScanner) begin(b []byte) int { return until(b, e.start) }

// until returns the index of the first c in b, or the end of b.
func until(b []byte, c byte) int {
	if i := bytes.IndexByte(b, c); i >= 0 {
		return i
	}
	return len(b)
}

func (e *enclosedScanner) scan(b []byte) (n int, done bool, _ *Error) {
	if len(b) > 0 && !e.started {
		e.started = true
		n = 1
	}
	again := n + until(b[n:], e.start)
	end, done := e.match(b[n:again])
	n += end
	switch {
	case done:
		e.started = false
	case again < len(b):
		e.started, e.matched = false, 0
		return n, true, invalid(beginsInside)
	}
	return n, done, nil
}

func (e *enclosedScanner) open(frame []byte) ([]byte, *Error) {
	return frame[1 : len(frame)-len(e.end)], nil
}

// escaped are frames between two bytes. An escape in front of a byte says that
// it belongs to the payload, whatever it is. What stands outside of frames is
// skipped.
type escaped struct{ start, end, escape byte }

func (e escaped) scanner(int) scanner { return &escapedScanner{escaped: e} }

func (e escaped) encode(dst, payload []byte) ([]byte, error) {
	dst = append(dst, e.start)
	for _, c := range payload {
		if c == e.start || c == e.end || c == e.escape {
			dst = append(dst, e.escape)
		}
		dst = append(dst, c)
	}
	return append(dst, e.end), nil
}

type escapedScanner struct {
	escaped
	started bool
	literal bool // the next byte belongs to the payload
	room    scratch
}

func (e *escapedScanner) begin(b []byte) int { return until(b, e.start) }

func (e *escapedScanner) scan(b []byte) (n int, done bool, _ *Error) {
	for i, c := range b {
		switch {
		case !e.started:
			e.started = true
		case e.literal:
			e.literal = false
		case c == e.escape:
			e.literal = true
		case c == e.end:
			e.started = false
			return i + 1, true, nil
		case c == e.start:
			e.started = false
			return i, true, invalid(beginsInside)
		}
	}
	return len(b), false, nil
}

func (e *escapedScanner) open(frame []byte) ([]byte, *Error) {
	frame = frame[1 : len(frame)-1]
	if bytes.IndexByte(frame, e.escape) < 0 {
		return frame, nil
	}
	payload := e.room.take()
	for i := 0; i < len(frame); i++ {
		if frame[i] == e.escape {
			i++
		}
		payload = append(payload, frame[i])
	}
	return e.room.put(payload), nil
}

const beginsInside = "a frame begins before the one before it has ended"
