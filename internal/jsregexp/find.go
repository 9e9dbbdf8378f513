package jsregexp

import "fmt"

// FindAll returns the matches in s one after the other, at most n of them if n
// is not negative. A match is byte offsets in pairs, start and end: of the whole,
// then of each group; -1 for a group that took no part. The error says that a
// match took too long or needed too much memory.
func (re *Regexp) FindAll(s string, n int) ([][]int, error) {
	if re.linear != nil {
		return re.linear.FindAllStringSubmatchIndex(s, n), nil
	}
	var out [][]int
	m, err := re.backtracking.FindStringMatch(s)
	for m != nil && err == nil && (n < 0 || len(out) < n) {
		var at []int
		for i, g := range m.Groups() {
			switch {
			case i == 0:
				start, length := m.ByteRange()
				at = append(at, start, start+length)
			case len(g.Captures) == 0:
				at = append(at, -1, -1)
			default:
				start, length := g.ByteRange()
				at = append(at, start, start+length)
			}
		}
		out = append(out, at)
		m, err = re.backtracking.FindNextMatch(m)
	}
	if err != nil {
		return out, fmt.Errorf("regular expression /%s/: %w", re.pattern, err)
	}
	return out, nil
}
