package framing

import (
	"bytes"
	"fmt"
)

// scanner finds frames in one stream. It sees every byte once.
type scanner interface {
	// begin returns how many bytes of b, which is not empty, come before the
	// next frame and belong to none.
	begin(b []byte) int
	// scan goes on with the frame that has begun: n bytes of b belong to it, and
	// done says that these are its last. All of b does if it is neither done nor
	// wrong. An empty b says that the stream has ended: done is true if what
	// there is, is a frame.
	scan(b []byte) (n int, done bool, bad *Error)
	// open returns the payload of a whole frame. It is valid until the next call.
	open(frame []byte) ([]byte, *Error)
}

// Codes of an [Error].
const (
	TooLong    = "FRAME_TOO_LONG"
	Invalid    = "FRAME_INVALID"
	Incomplete = "FRAME_INCOMPLETE"
)

// Error says what is wrong with a frame.
type Error struct {
	Code  string
	Text  string
	Frame []byte // what there is of it, nil if it is, or was, too long
	Fatal bool   // nothing shows where the next frame begins
}

func (e *Error) Error() string { return e.Code + ": " + e.Text }

func invalid(format string, args ...any) *Error {
	return &Error{Code: Invalid, Text: fmt.Sprintf(format, args...)}
}

func fatal(format string, args ...any) *Error {
	e := invalid(format, args...)
	e.Fatal = true
	return e
}

func tooLong(limit int) *Error {
	return &Error{Code: TooLong, Text: fmt.Sprintf("a frame is longer than maxFrame, %d bytes", limit)}
}

// keepSpace is the largest space for unfinished frames that a framer keeps for
// the next one.
const keepSpace = 4 << 10

// Framer cuts one stream into frames.
type Framer struct {
	scanner scanner
	text    *decoder // makes UTF-8 of the stream first; may be nil
	limit   int

	input    []byte // what was fed and is not cut yet
	partial  []byte // the unfinished frame
	inside   bool   // a frame has begun
	skipping bool   // it is not kept
	broken   bool   // there are no more frames
	ended    bool   // there is no more input
}

// Feed takes the next chunk of the stream in. It may be used for something else
// when Next says that there is no frame.
func (f *Framer) Feed(chunk []byte) {
	if f.text != nil {
		chunk = f.text.decode(chunk, false)
	}
	f.input = chunk
}

// End says that the stream has ended; Next returns what is left of it.
func (f *Framer) End() {
	f.ended = true
	if f.text != nil {
		f.input = f.text.decode(nil, true)
	}
}

// Next returns the payload of the next frame that is complete; ok is false if
// there is none. It is valid until the next call. The error is an *[Error], and
// the next call goes on after it.
func (f *Framer) Next() (payload []byte, ok bool, err error) {
	for len(f.input) > 0 && !f.broken {
		if !f.inside {
			f.input = f.input[f.scanner.begin(f.input):]
			if len(f.input) == 0 {
				break
			}
			f.inside = true
		}
		// Not a byte more than proves a frame too long is looked at, so that the
		// errors come in the same order however the stream was cut.
		window := f.input
		if !f.skipping {
			window = window[:min(len(window), f.limit-len(f.partial)+1)]
		}
		n, done, bad := f.scanner.scan(window)
		f.input = f.input[n:]
		payload, ok, bad = f.take(window[:n], done, bad)
		if bad != nil {
			return nil, false, bad
		}
		if ok {
			return payload, true, nil
		}
	}
	f.input = nil
	if f.ended && f.inside && !f.broken {
		return f.last()
	}
	return nil, false, nil
}

// take takes part of a frame in, the last one if done.
func (f *Framer) take(part []byte, done bool, bad *Error) (payload []byte, ok bool, _ *Error) {
	f.inside = !done
	skipped := f.skipping
	size := len(f.partial) + len(part)
	switch {
	case bad != nil && bad.Code == TooLong, bad == nil && !skipped && size > f.limit:
		f.skipping = !done
		f.forget()
		if !skipped {
			return nil, false, tooLong(f.limit)
		}
	case bad != nil:
		f.skipping, f.broken = !done, bad.Fatal
		if !skipped {
			bad.Frame = append(bytes.Clone(f.partial), part...)
		}
		f.forget()
		return nil, false, bad
	case skipped:
		f.skipping = !done
	case !done:
		f.keep(part)
	default:
		if len(f.partial) > 0 {
			f.keep(part)
			part = f.partial
			f.forget()
		}
		return f.open(part)
	}
	return nil, false, nil
}

// last returns the frame that the end of the stream has ended.
func (f *Framer) last() ([]byte, bool, error) {
	f.inside = false
	frame := f.partial
	f.forget()
	if f.skipping {
		return nil, false, nil
	}
	bad := &Error{Code: Incomplete, Text: "the stream ended inside of a frame", Frame: bytes.Clone(frame)}
	if _, done, _ := f.scanner.scan(nil); done {
		var payload []byte
		if payload, _, bad = f.open(frame); bad == nil {
			return payload, true, nil
		}
	}
	return nil, false, bad
}

func (f *Framer) open(frame []byte) ([]byte, bool, *Error) {
	payload, bad := f.scanner.open(frame)
	if bad != nil {
		f.broken = bad.Fatal
		bad.Frame = bytes.Clone(frame)
	}
	return payload, bad == nil, bad
}

// keep adds to the unfinished frame. Its space grows by doubling, but never
// beyond what a frame may need.
func (f *Framer) keep(part []byte) {
	size := len(f.partial) + len(part)
	if size > cap(f.partial) {
		grown := make([]byte, len(f.partial), min(max(size, 2*cap(f.partial)), max(size, f.limit)))
		copy(grown, f.partial)
		f.partial = grown
	}
	f.partial = append(f.partial, part...)
}

// forget gives up the unfinished frame. What was a frame stays valid until the
// next one is kept.
func (f *Framer) forget() {
	if cap(f.partial) > keepSpace {
		f.partial = nil
	}
	f.partial = f.partial[:0]
}

// Unfinished returns what there is of a frame that is not complete: the start of
// a line, for one who does not wait for its end.
func (f *Framer) Unfinished() []byte { return f.partial }

// Drop takes the unfinished line for done: the next one begins with what comes.
func (f *Framer) Drop() {
	f.forget()
	f.inside = false
}

// scratch is room for payloads that are not written as they are in their frames.
type scratch []byte

// take returns the room, empty.
func (s *scratch) take() []byte {
	if cap(*s) > keepSpace {
		*s = nil
	}
	return (*s)[:0]
}

// put gives the room back, with a payload in it.
func (s *scratch) put(payload []byte) []byte {
	*s = payload
	return payload
}
