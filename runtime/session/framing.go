package session

import (
	"bytes"
	"unicode/utf8"
)

// lineFramer cuts a stream of bytes into lines. CR LF, LF and CR end a line and
// nothing else does. The lines do not depend on how the stream was cut into
// chunks.
type lineFramer struct {
	partial []byte // the unfinished line
	afterCR bool   // the stream so far ends in CR: an LF that follows belongs to it
}

// keepSpace is the largest space for unfinished lines that a framer keeps for
// the next one.
const keepSpace = 4 << 10

// next returns the first line that chunk completes, without its end, and what
// follows it; ok is false if it completes none, and the chunk then belongs to
// the unfinished line. The line is valid until the next call.
func (f *lineFramer) next(chunk []byte) (line, rest []byte, ok bool) {
	if f.afterCR && len(chunk) > 0 {
		f.afterCR = false
		if chunk[0] == '\n' {
			chunk = chunk[1:]
		}
	}
	end := lineEnd(chunk)
	if end < 0 {
		f.partial = append(f.partial, chunk...)
		return nil, nil, false
	}
	line, rest = chunk[:end], chunk[end+1:]
	if chunk[end] == '\r' {
		if len(rest) == 0 {
			f.afterCR = true
		} else if rest[0] == '\n' {
			rest = rest[1:]
		}
	}
	if len(f.partial) > 0 {
		line = append(f.partial, line...)
		f.drop()
	}
	return line, rest, true
}

// drop forgets the unfinished line.
func (f *lineFramer) drop() {
	if cap(f.partial) > keepSpace {
		f.partial = nil
	}
	f.partial = f.partial[:0]
}

// lineEnd returns the index of the first CR or LF, -1 if there is none. It
// looks at a window at a time, so that a chunk with one kind of line end is not
// searched to its end for the other again and again.
func lineEnd(b []byte) int {
	const window = 256
	for from := 0; from < len(b); from += window {
		w := b[from:min(from+window, len(b))]
		end := bytes.IndexByte(w, '\n')
		if end >= 0 {
			w = w[:end]
		}
		if cr := bytes.IndexByte(w, '\r'); cr >= 0 {
			end = cr
		}
		if end >= 0 {
			return from + end
		}
	}
	return -1
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
