package framing

import "bytes"

// delimited are frames that a delimiter ends.
type delimited struct {
	delimiter []byte
	fallback  []int // see failures
	keep      bool  // the delimiter belongs to the payload
}

func newDelimited(delimiter []byte, keep bool) delimited {
	return delimited{delimiter, failures(delimiter), keep}
}

func (d delimited) scanner(int) scanner {
	return &delimiterScanner{delimited: d, matcher: matcher{pattern: d.delimiter, fallback: d.fallback}}
}

func (d delimited) encode(dst, payload []byte) ([]byte, error) {
	if d.keep {
		payload = bytes.TrimSuffix(payload, d.delimiter)
	}
	start := len(dst)
	dst = append(append(dst, payload...), d.delimiter...)
	if bytes.Index(dst[start:], d.delimiter) != len(payload) {
		return dst[:start], errPayload("contains the delimiter")
	}
	return dst, nil
}

type delimiterScanner struct {
	delimited
	matcher
}

func (*delimiterScanner) begin([]byte) int { return 0 }

func (d *delimiterScanner) scan(b []byte) (n int, done bool, _ *Error) {
	n, done = d.match(b)
	return n, done || len(b) == 0, nil
}

func (d *delimiterScanner) open(frame []byte) ([]byte, *Error) {
	if d.keep {
		return frame, nil
	}
	return bytes.TrimSuffix(frame, d.delimiter), nil
}

// matcher finds a pattern in a stream (Knuth, Morris, Pratt).
type matcher struct {
	pattern  []byte
	fallback []int
	matched  int // how much of the pattern the stream so far ends with
}

// failures returns, for each number of bytes of the pattern that match, how many
// still do if the next one does not.
func failures(pattern []byte) []int {
	table := make([]int, len(pattern)+1)
	for i, k := 1, 0; i < len(pattern); i++ {
		for k > 0 && pattern[i] != pattern[k] {
			k = table[k]
		}
		if pattern[i] == pattern[k] {
			k++
		}
		table[i+1] = k
	}
	return table
}

// match goes on in b. It returns the index after the end of the pattern.
func (m *matcher) match(b []byte) (end int, found bool) {
	for i := 0; i < len(b); i++ {
		if m.matched == 0 {
			at := bytes.IndexByte(b[i:], m.pattern[0])
			if at < 0 {
				break
			}
			i += at
		}
		for m.matched > 0 && b[i] != m.pattern[m.matched] {
			m.matched = m.fallback[m.matched]
		}
		if b[i] == m.pattern[m.matched] {
			m.matched++
		}
		if m.matched == len(m.pattern) {
			m.matched = 0
			return i + 1, true
		}
	}
	return len(b), false
}
