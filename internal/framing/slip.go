package framing

import "bytes"

// slip is the Serial Line Internet Protocol of RFC 1055. Frames are never empty.
type slip struct{}

const (
	slipEnd    = 0xC0
	slipEsc    = 0xDB
	slipEscEnd = 0xDC // after slipEsc: slipEnd
	slipEscEsc = 0xDD // after slipEsc: slipEsc
)

func (slip) scanner(int) scanner { return &slipScanner{} }

// encode puts an end in front of the frame too, as RFC 1055 advises: it ends
// what noise there may be.
func (slip) encode(dst, payload []byte) ([]byte, error) {
	dst = append(dst, slipEnd)
	for _, c := range payload {
		switch c {
		case slipEnd:
			dst = append(dst, slipEsc, slipEscEnd)
		case slipEsc:
			dst = append(dst, slipEsc, slipEscEsc)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, slipEnd), nil
}

type slipScanner struct{ room scratch }

func (*slipScanner) begin(b []byte) int { return leading(b, slipEnd) }

func (*slipScanner) scan(b []byte) (n int, done bool, _ *Error) { return endedBy(b, slipEnd) }

func (s *slipScanner) open(frame []byte) ([]byte, *Error) {
	frame = frame[:len(frame)-1]
	if bytes.IndexByte(frame, slipEsc) < 0 {
		return frame, nil
	}
	payload := s.room.take()
	for i := 0; i < len(frame); i++ {
		c := frame[i]
		if c == slipEsc {
			i++
			switch {
			case i < len(frame) && frame[i] == slipEscEnd:
				c = slipEnd
			case i < len(frame) && frame[i] == slipEscEsc:
			default:
				return nil, invalid("a SLIP escape is followed by what cannot be escaped")
			}
		}
		payload = append(payload, c)
	}
	return s.room.put(payload), nil
}

// leading returns how many bytes c are at the start of b.
func leading(b []byte, c byte) int {
	n := 0
	for n < len(b) && b[n] == c {
		n++
	}
	return n
}

// endedBy is the scan of frames that a byte ends which is nowhere else in them.
func endedBy(b []byte, end byte) (n int, done bool, _ *Error) {
	if i := bytes.IndexByte(b, end); i >= 0 {
		return i + 1, true, nil
	}
	return len(b), false, nil
}

// cobs is Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999), with a
// zero byte after each frame. Frames are never empty.
type cobs struct{}

// cobsGroup is how many bytes without a zero may follow a code.
const cobsGroup = 254

func (cobs) scanner(int) scanner { return &cobsScanner{} }

func (cobs) encode(dst, payload []byte) ([]byte, error) {
	for {
		group := until(payload, 0)
		full := group >= cobsGroup
		group = min(group, cobsGroup)
		dst = append(append(dst, byte(group+1)), payload[:group]...)
		switch {
		case group == len(payload):
			return append(dst, 0), nil
		case full:
			payload = payload[group:]
		default:
			payload = payload[group+1:]
		}
	}
}

type cobsScanner struct{ room scratch }

func (*cobsScanner) begin(b []byte) int { return leading(b, 0) }

func (*cobsScanner) scan(b []byte) (n int, done bool, _ *Error) { return endedBy(b, 0) }

func (c *cobsScanner) open(frame []byte) ([]byte, *Error) {
	frame = frame[:len(frame)-1]
	payload := c.room.take()
	for len(frame) > 0 {
		code := int(frame[0])
		if code > len(frame) {
			return nil, invalid("a COBS frame is cut off")
		}
		payload = append(payload, frame[1:code]...)
		if frame = frame[code:]; len(frame) > 0 && code <= cobsGroup {
			payload = append(payload, 0)
		}
	}
	return c.room.put(payload), nil
}
