package webroutes

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
	"github.com/flowrun/flowrun/internal/qs"
)

// pattern is the path of a route. It matches as path-to-regexp 0.1 does, which
// Express 4 uses: whatever the case of letters, and with or without a slash at
// the end.
type pattern struct {
	exact    string           // if only the very same path matches
	literal  string           // if nothing in it is special
	segments []segment        // if only whole segments are: /things/:id
	named    int              // how many of them
	re       *jsregexp.Regexp // otherwise
	keys     []string         // the names of the groups of re
}

// segment is what stands between two slashes: a parameter with a name, or what is
// meant as it is.
type segment struct{ name, literal string }

// special are the characters that mean something in a path.
const special = `\:*?+.()[]{}|^$`

// CheckPath tells what is wrong with the path of a route, as [Table.Handle] does.
func CheckPath(path string) error {
	_, err := compile(rooted(path))
	return err
}

// rooted returns the path of a route with its slash in front.
func rooted(path string) string { return "/" + strings.TrimPrefix(path, "/") }

func compile(path string) (*pattern, error) {
	if !strings.ContainsAny(path, special) {
		return &pattern{literal: strings.TrimSuffix(path, "/")}, nil
	}
	if segments, ok := segmentsOf(path); ok {
		return &pattern{segments: segments, named: strings.Count(path, ":")}, nil
	}
	source, names := translate(path)
	re, err := jsregexp.Compile(source, "i")
	if err != nil {
		return nil, fmt.Errorf("the path %q is no pattern: %w", path, err)
	}
	return &pattern{re: re, keys: keysOf(source, names)}, nil
}

// parameter is a segment that is one, and nothing else.
var parameter = regexp.MustCompile(`^:(\w+)$`)

// segmentsOf takes a path apart, which may not need a regular expression: that
// takes many times as long as to compare segments.
func segmentsOf(path string) (segments []segment, ok bool) {
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if m := parameter.FindStringSubmatch(part); m != nil {
			segments = append(segments, segment{name: m[1]})
		} else if part == "" || strings.ContainsAny(part, special) {
			return nil, false
		} else {
			segments = append(segments, segment{literal: part})
		}
	}
	return segments, strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.HasSuffix(path, "//")
}

// element is what stands for something in a path: an escaped character, a
// parameter (slash, dot, name, expression, star, question mark), a dot or star,
// or the start of a group.
var element = regexp.MustCompile(`\\.|(/)?(\.)?:(\w+)(\(.*?\))?(\*)?(\?)?|[.*]|/\(`)

// translate makes a regular expression of a path, as path-to-regexp 0.1.13 does.
// The names are those of parameters, by where in it their groups begin.
func translate(path string) (source string, names map[int]string) {
	var out strings.Builder
	out.WriteByte('^')
	names = map[int]string{}
	literal := "" // since the last slash or parameter: a parameter stops before it
	end := 0
	for _, at := range element.FindAllStringSubmatchIndex(path, -1) {
		group := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return path[at[2*i]:at[2*i+1]]
		}
		between, match := path[end:at[0]], group(0)
		out.WriteString(between)
		end = at[1]
		switch {
		case match[0] == '\\':
			literal += match
			out.WriteString(match)
			continue
		case match == ".":
			literal += `\.`
			out.WriteString(`\.`)
			continue
		}
		slash, dot, name, expression, star, optional := group(1), group(2), group(3), group(4), group(5), group(6)
		if slash != "" || dot != "" {
			literal = ""
		} else {
			literal += between
		}
		switch match {
		case "*":
			literal = ""
			out.WriteString("(.*)")
			continue
		case "/(":
			literal += "/"
			out.WriteString("/(?:")
			continue
		}
		if dot != "" {
			dot = `\.`
		}
		switch {
		case expression != "":
			expression = strings.Replace(expression, "*", "(.*)", 1)
		case literal != "":
			expression = "((?:(?!/|" + literal + ").)+?)"
		default:
			expression = "([^/" + dot + "]+?)"
		}
		out.WriteString("(?:" + dot + slash)
		names[out.Len()] = name
		out.WriteString(expression)
		if star != "" {
			out.WriteString("((?:[/" + dot + "].+?)?)")
		}
		out.WriteString(")" + optional)
		literal = ""
	}
	out.WriteString(path[end:])
	if strings.HasSuffix(path, "/") {
		return out.String() + "?$", names
	}
	return out.String() + "/?$", names
}

// groups finds what captures in a regular expression, and skips what does not.
var groups = regexp.MustCompile(`\\.|\(\??`)

// keysOf returns the names of the groups; those that have none are counted.
func keysOf(source string, names map[int]string) []string {
	var keys []string
	unnamed := 0
	for _, at := range groups.FindAllStringIndex(source, -1) {
		if source[at[0]:at[1]] != "(" {
			continue
		}
		name, ok := names[at[0]]
		if !ok {
			name = strconv.Itoa(unnamed)
			unnamed++
		}
		keys = append(keys, name)
	}
	return keys
}

// match tells whether a path (as it stands in the request, not decoded) is one
// that the pattern means, and returns its parameters, nil if there can be none.
// The error says which one is not encoded as it should be.
func (p *pattern) match(path string) (params *flow.Object, ok bool, err error) {
	switch {
	case p.exact != "":
		return nil, path == p.exact, nil
	case p.segments != nil:
		return p.matchSegments(path)
	case p.re == nil:
		return nil, strings.EqualFold(strings.TrimSuffix(path, "/"), p.literal), nil
	}
	found, err := p.re.FindAll(path, 1)
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	params = &flow.Object{}
	for i, key := range p.keys {
		start, end := found[0][2*i+2], found[0][2*i+3]
		if start < 0 {
			if _, there := params.Lookup(key); !there {
				params.Set(key, nil)
			}
			continue
		}
		value, ok := qs.Unescape(path[start:end])
		if !ok {
			return nil, true, fmt.Errorf("failed to decode param %q", path[start:end])
		}
		params.Set(key, value)
	}
	return params, true, nil
}

// example returns a path that the pattern means, which must be no regular expression.
func (p *pattern) example() string {
	if p.segments == nil {
		return "/" + strings.TrimPrefix(p.literal, "/")
	}
	path := ""
	for _, s := range p.segments {
		path += "/" + cmp.Or(s.literal, s.name)
	}
	return path
}

func (p *pattern) matchSegments(path string) (params *flow.Object, ok bool, err error) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, "/"), "/")
	if !ok {
		return nil, false, nil
	}
	var space [4]string
	values := space[:0]
	for i, s := range p.segments {
		part, after, more := strings.Cut(rest, "/")
		if more != (i+1 < len(p.segments)) || part == "" || s.name == "" && !strings.EqualFold(part, s.literal) {
			return nil, false, nil
		}
		values = append(values, part)
		rest = after
	}
	params = flow.MakeObject(p.named)
	for i, s := range p.segments {
		if s.name == "" {
			continue
		}
		value, ok := qs.Unescape(values[i])
		if !ok {
			return nil, true, fmt.Errorf("failed to decode param %q", values[i])
		}
		params.Set(s.name, value)
	}
	return params, true, nil
}
