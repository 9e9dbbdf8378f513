package session

import (
	"errors"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
)

// lines is how sessions in line mode are cut that do not say more.
var lines = framing.Lines()

// framing returns how the stream is cut, nil if it is taken as it comes.
func (o *Options) framing() *framing.Framing {
	if o.Framing == nil && o.Line {
		return lines
	}
	return o.Framing
}

// Framing returns how what is sent on the session is framed, nil if it is sent as
// it is.
func (s *Session) Framing() *framing.Framing {
	if f := s.opts.Framing; f != nil && !f.IsPlain() {
		return f
	}
	return nil
}

// frames adds what the framer has of whole frames.
func (s *Session) frames(d *delivery) {
	for !s.broken {
		payload, ok, err := s.framer.Next()
		if !ok && err == nil {
			return
		}
		var v flow.Value
		switch {
		case err != nil:
		case s.opts.Line:
			s.line(d, flow.DecodeUTF8(payload))
			continue
		default:
			v, err = s.opts.Framing.Value(payload)
		}
		if err != nil {
			s.badFrame(d, err)
			continue
		}
		d.add(item{payload: v})
	}
}

// badFrame adds that a frame is none. Unless it can be skipped, the session is
// broken then.
func (s *Session) badFrame(d *delivery, err error) {
	bad := &framing.Error{Code: framing.Invalid, Text: err.Error()}
	errors.As(err, &bad)
	d.add(item{bad: bad})
	s.broken = bad.Code != framing.Incomplete && (bad.Fatal || !s.opts.framing().Skip)
}

// failure returns the message that tells of a bad frame.
func (s *Session) failure(bad *framing.Error) *flow.Message {
	m := Fail(bad.Code, bad.Text, "error", "sessionId", s.id)
	if bad.Frame != nil {
		m.Set("payload", flow.Buffer(bad.Frame))
	}
	return m
}

// prompt adds an unfinished line that is waited for. It counts as soon as its
// last character is whole.
func (s *Session) prompt(d *delivery) {
	partial := s.framer.Unfinished()
	if !s.claim.waitFor.holds() || len(partial) == 0 || endsInsideRune(partial) {
		return
	}
	if text := flow.DecodeUTF8(partial); s.claim.waitFor.matches(text) {
		s.framer.Drop()
		d.add(item{payload: s.takeHeld(), match: text})
	}
}

// endsInsideRune tells whether b ends in the middle of a UTF-8 character.
func endsInsideRune(b []byte) bool {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return !utf8.FullRune(b[i:])
		}
	}
	return false
}
