package tcpnodes

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// maxKept is how many bytes a stream keeps that is not finished.
const maxKept = 64 << 20

// errTooLong says that a stream keeps more than that.
var errTooLong = errors.New("more than 64 MB without an end")

// Format says what payloads bytes become.
type Format struct {
	Type    string // buffer, utf8 or base64
	Single  bool   // one payload at the end of the connection
	Newline string // text is cut here; empty: as it comes
	Attach  bool   // with what it was cut at
}

// Stream makes payloads of what arrives on one connection.
type Stream struct {
	Format
	kept    []byte // not yet a payload
	tooLong bool   // it has kept too much
}

// Add takes a chunk in and calls emit for each payload there is. The error says,
// once, that there is no end to it: more than 64 MB are no payload yet. They are
// dropped, and so is all that comes after them.
func (s *Stream) Add(chunk []byte, emit func(payload flow.Value)) error {
	switch {
	case s.tooLong:
	case s.Single:
		if len(s.kept)+len(chunk) > maxKept {
			return s.fail()
		}
		s.kept = append(s.kept, chunk...)
	case s.Type == "utf8" && s.Newline != "":
		s.addLines(chunk, emit)
	case s.Type == "utf8":
		s.addText(chunk, emit)
	case s.Type == "base64":
		emit(base64.StdEncoding.EncodeToString(chunk))
	default:
		emit(flow.Buffer(chunk))
	}
	if len(s.kept) > maxKept {
		return s.fail()
	}
	return nil
}

func (s *Stream) fail() error {
	s.kept, s.tooLong = nil, true
	return errTooLong
}

// addLines cuts text. What is kept has no line end, so that only its last bytes
// are looked at again: they may be the beginning of one.
func (s *Stream) addLines(chunk []byte, emit func(payload flow.Value)) {
	newline := []byte(s.Newline)
	from := max(0, len(s.kept)-len(newline)+1)
	s.kept = append(s.kept, chunk...)
	begin := 0
	for {
		i := bytes.Index(s.kept[from:], newline)
		if i < 0 {
			break
		}
		text := flow.DecodeUTF8(s.kept[begin : from+i])
		if s.Attach {
			text += s.Newline
		}
		emit(text)
		from += i + len(newline)
		begin = from
	}
	if begin > 0 { // the rest is part of the chunk; the lines before it need not stay in memory
		s.kept = bytes.Clone(s.kept[begin:])
	}
}

// addText passes text on as it comes. A character that a chunk ends in the middle
// of waits for its rest (Node-RED makes two U+FFFD of it).
func (s *Stream) addText(chunk []byte, emit func(payload flow.Value)) {
	if len(s.kept) > 0 {
		chunk = append(s.kept, chunk...)
		s.kept = nil
	}
	whole := len(chunk) - unfinished(chunk)
	s.kept = append(s.kept, chunk[whole:]...)
	if whole > 0 {
		emit(flow.DecodeUTF8(chunk[:whole]))
	}
}

// unfinished returns how many bytes at the end are the beginning of a character.
func unfinished(b []byte) int {
	for n := 1; n <= len(b) && n < utf8.UTFMax; n++ {
		if start := b[len(b)-n:]; utf8.RuneStart(start[0]) {
			if !utf8.FullRune(start) {
				return n
			}
			return 0
		}
	}
	return 0
}

// End calls emit for what is left at the end of the connection, if anything is.
func (s *Stream) End(emit func(payload flow.Value)) {
	kept := s.kept
	s.kept = nil
	switch {
	case len(kept) == 0:
	case s.Type == "utf8":
		emit(flow.DecodeUTF8(kept))
	case s.Type == "base64":
		emit(base64.StdEncoding.EncodeToString(kept))
	default:
		emit(flow.Buffer(kept))
	}
}
