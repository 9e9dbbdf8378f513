package jsregexp

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// ReplaceAll replaces every match in s as String.prototype.replace does with a
// global expression. In the replacement $$ is a dollar, $& the match, $` and $'
// what stands before and after it, $1 to $99 and $<name> a group. The error
// says that a match took too long or needed too much memory.
func (re *Regexp) ReplaceAll(s, replacement string) (string, error) {
	m, err := re.backtracking.FindStringMatch(s)
	var out []byte
	end := 0
	for m != nil && err == nil {
		start, length := m.ByteRange()
		out = append(out, s[end:start]...)
		end = start + length
		out = re.appendReplacement(out, replacement, s, m)
		m, err = re.backtracking.FindNextMatch(m)
	}
	if err != nil {
		return s, fmt.Errorf("regular expression /%s/: %w", re.pattern, err)
	}
	return string(append(out, s[end:]...)), nil
}

// appendReplacement expands the replacement text (ECMA-262, GetSubstitution).
func (re *Regexp) appendReplacement(out []byte, text, s string, m *regexp2.Match) []byte {
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			return append(out, text...)
		}
		out = append(out, text[:i]...)
		text = text[i:]
		start, length := m.ByteRange()
		used := 2
		switch c := text[1]; {
		case c == '$':
			out = append(out, '$')
		case c == '&':
			out = append(out, s[start:start+length]...)
		case c == '`':
			out = append(out, s[:start]...)
		case c == '\'':
			out = append(out, s[start+length:]...)
		default:
			var group string
			if group, used = findGroup(text, m); used == 0 {
				out, used = append(out, '$'), 1
			}
			out = append(out, group...)
		}
		text = text[used:]
	}
}

// findGroup returns what the group named at the start of text ($1, $12, $<name>)
// matched and the length of its name there, 0 if the pattern has no such group.
func findGroup(text string, m *regexp2.Match) (string, int) {
	name, _, closed := strings.Cut(text[1:], ">")
	if name, ok := strings.CutPrefix(name, "<"); ok && closed && hasNames(m) {
		return groupText(m.GroupByName(name)), len("$<>") + len(name)
	}
	for _, used := range []int{3, 2} {
		if len(text) < used {
			continue
		}
		n, err := strconv.ParseUint(text[1:used], 10, 8)
		if err == nil && n > 0 && int(n) < m.GroupCount() {
			return groupText(m.GroupByNumber(int(n))), used
		}
	}
	return "", 0
}

// groupText returns what a group matched, "" if it took no part in the match.
func groupText(g *regexp2.Group) string {
	if g == nil || len(g.Captures) == 0 {
		return ""
	}
	return g.String()
}

// hasNames tells whether the pattern has a named group; without one, $<name> is
// ordinary text.
func hasNames(m *regexp2.Match) bool {
	for i, g := range m.Groups() {
		if g.Name != "" && g.Name != strconv.Itoa(i) {
			return true
		}
	}
	return false
}
