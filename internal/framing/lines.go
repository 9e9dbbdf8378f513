package framing

import "bytes"

// lines are lines of text. CR LF, LF and CR end a line and nothing else does.
type lines struct{}

func (lines) scanner(int) scanner { return &lineScanner{} }

// encode adds no end: there are several, and who sends lines may send a prompt.
func (lines) encode(dst, payload []byte) ([]byte, error) { return append(dst, payload...), nil }

type lineScanner struct {
	afterCR bool // the last line has ended in CR: an LF that follows belongs to it
}

func (l *lineScanner) begin(b []byte) int {
	if l.afterCR {
		l.afterCR = false
		if b[0] == '\n' {
			return 1
		}
	}
	return 0
}

func (l *lineScanner) scan(b []byte) (n int, done bool, _ *Error) {
	end := lineEnd(b)
	if end < 0 {
		return len(b), len(b) == 0, nil
	}
	l.afterCR = b[end] == '\r'
	return end + 1, true, nil
}

func (l *lineScanner) open(frame []byte) ([]byte, *Error) {
	if n := len(frame); n > 0 && (frame[n-1] == '\n' || frame[n-1] == '\r') {
		frame = frame[:n-1]
	}
	return frame, nil
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
