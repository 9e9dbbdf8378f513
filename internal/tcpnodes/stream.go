package tcpnodes

import (
	"encoding/base64"
	"errors"
	"strings"
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
	kept []byte // not yet a payload
}

// Add takes a chunk in and calls emit for each payload there is. The error says
// that there is no end to it.
func (s *Stream) Add(chunk []byte, emit func(payload flow.Value)) error {
	switch {
	case s.Single:
		s.kept = append(s.kept, chunk...)
	case s.Type == "utf8":
		s.addText(chunk, emit)
	case s.Type == "base64":
		emit(base64.StdEncoding.EncodeToString(chunk))
	default:
		emit(flow.Buffer(chunk))
	}
	if len(s.kept) > maxKept {
		return errTooLong
	}
	return nil
}

// addText cuts text. A character that a chunk ends in the middle of waits for its
// rest (Node-RED makes two U+FFFD of it).
func (s *Stream) addText(chunk []byte, emit func(payload flow.Value)) {
	if len(s.kept) > 0 {
		chunk = append(s.kept, chunk...)
		s.kept = nil
	}
	if s.Newline == "" {
		whole := len(chunk) - unfinished(chunk)
		s.kept = append(s.kept, chunk[whole:]...)
		if whole > 0 {
			emit(flow.DecodeUTF8(chunk[:whole]))
		}
		return
	}
	parts := strings.Split(string(chunk), s.Newline)
	for _, part := range parts[:len(parts)-1] {
		text := flow.DecodeUTF8([]byte(part))
		if s.Attach {
			text += s.Newline
		}
		emit(text)
	}
	s.kept = []byte(parts[len(parts)-1])
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
