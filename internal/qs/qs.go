// Package qs reads and writes query strings and forms as the npm package qs does, which
// Express uses: a[b]=1 is an object, a[]=1 a list, and what stands there twice is
// a list, too.
package qs

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// Limits of what is read.
const (
	maxParameters = 1000
	queryDepth    = 5 // of brackets; the rest of a key is one name
	formDepth     = 32
	maxIndex      = 1000 // of a list; with a higher one it is an object
	// maxHoles is how many elements lists may have that nobody gave a value: a
	// few bytes with high indices must not become megabytes.
	maxHoles = 10000
)

// Why a form is refused.
var (
	ErrParameters = errors.New("too many parameters")
	ErrDepth      = errors.New("The input exceeded the depth") //nolint:staticcheck // the words of body-parser
)

// Query reads a query string, without its question mark.
func Query(text string) *flow.Object {
	o, _ := parse(text, queryDepth, false) // only a form is refused
	return o
}

// Form reads a body of the type application/x-www-form-urlencoded. The error is
// [ErrParameters] or [ErrDepth].
func Form(text string) (*flow.Object, error) {
	if strings.Count(text, "&") >= maxParameters {
		return nil, ErrParameters
	}
	return parse(text, formDepth, true)
}

// Fields makes an object of the names and values (in turns) of a form that is
// there in parts, as Form does. The error is one of Form's.
func Fields(pairs []string) (*flow.Object, error) {
	if len(pairs)/2 > maxParameters {
		return nil, ErrParameters
	}
	flat := &flow.Object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		add(flat, pairs[i], pairs[i+1])
	}
	return unfold(flat, formDepth, true)
}

func parse(text string, depth int, strict bool) (*flow.Object, error) {
	if text == "" {
		return &flow.Object{}, nil
	}
	if strings.Contains(text, "%5") { // a replacer copies always
		text = brackets.Replace(text)
	}
	flat := flow.MakeObject(min(strings.Count(text, "&")+1, maxParameters))
	left := maxParameters
	for part := range strings.SplitSeq(text, "&") {
		if left--; left < 0 {
			break
		}
		key, value := cut(part)
		add(flat, key, value)
	}
	return unfold(flat, depth, strict)
}

var brackets = strings.NewReplacer("%5B", "[", "%5b", "[", "%5D", "]", "%5d", "]")

// add adds a value to those by whole keys: what is there twice is a list.
func add(flat *flow.Object, key string, value flow.Value) {
	if had, there := flat.Lookup(key); there {
		value = appendTo(had, value)
	}
	flat.Set(key, value)
}

// unfold makes of whole keys, such as a[b], what they stand for.
func unfold(flat *flow.Object, depth int, strict bool) (*flow.Object, error) {
	if isPlain(flat) {
		return flat, nil
	}
	var merged flow.Value = &flow.Object{}
	holes := maxHoles
	for key, value := range flat.All() {
		if key == "" {
			continue
		}
		segments, ok := split(key, depth)
		if !ok && strict {
			return nil, ErrDepth
		}
		merged = merge(merged, nest(segments, value, &holes))
	}
	o, _ := compact(merged).(*flow.Object)
	return o, nil
}

// isPlain tells whether all whole keys stand for themselves.
func isPlain(flat *flow.Object) bool {
	for key := range flat.All() {
		if key == "" || key == "__proto__" || strings.Contains(key, "[") {
			return false
		}
	}
	return true
}

// cut splits a parameter at its equals sign: the one after the brackets, if it
// has some.
func cut(part string) (key string, value flow.Value) {
	at := strings.Index(part, "]=") + 1
	if at == 0 {
		at = strings.IndexByte(part, '=')
	}
	if at < 0 {
		return decode(part), ""
	}
	return decode(part[:at]), decode(part[at+1:])
}

func decode(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	s = strings.ReplaceAll(s, "+", " ")
	if decoded, ok := Unescape(s); ok {
		return decoded
	}
	return s
}

// Unescape decodes %XX as decodeURIComponent does: it undoes [Escape]. It is false
// if there is a percent sign without two digits, or what comes out is no UTF-8.
func Unescape(s string) (decoded string, ok bool) {
	decoded, err := url.PathUnescape(s)
	return decoded, err == nil && utf8.ValidString(decoded)
}

// appendTo makes a list of a value and one more.
func appendTo(had, value flow.Value) flow.Value {
	if list, ok := had.(flow.Array); ok {
		return append(list, value)
	}
	return flow.Array{had, value}
}

// split takes a[b][] apart: a, [b], []. It is false if the key is deeper than it
// may be; what is too deep is one more segment then.
func split(key string, depth int) (segments []string, ok bool) {
	open := strings.IndexByte(key, '[')
	if open < 0 {
		return []string{key}, true
	}
	if open > 0 {
		segments = append(segments, key[:open])
	}
	for n := 0; open >= 0; n++ {
		end := closing(key[open:])
		if end < 0 || n == depth {
			return append(segments, "["+key[open:]+"]"), end < 0
		}
		segments = append(segments, key[open:open+end+1])
		next := strings.IndexByte(key[open+end+1:], '[')
		if next < 0 {
			break
		}
		open += end + 1 + next
	}
	return segments, true
}

// closing returns where the bracket that s begins with is closed, -1 if nowhere.
func closing(s string) int {
	level := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			level++
		case ']':
			if level--; level == 0 {
				return i
			}
		}
	}
	return -1
}

// nest makes the value that one key alone stands for. Lists are made as long as
// there are holes for them.
func nest(segments []string, value flow.Value, holes *int) flow.Value {
	for _, name := range slices.Backward(segments) {
		if name == "[]" {
			if _, isList := value.(flow.Array); !isList {
				value = flow.Array{value}
			}
			continue
		}
		inBrackets := name[0] == '[' && name[len(name)-1] == ']'
		if inBrackets {
			name = name[1 : len(name)-1]
		}
		index, err := strconv.Atoi(name)
		switch {
		case name == "__proto__":
			value = &flow.Object{}
			continue
		case inBrackets && err == nil && index >= 0 && index < min(maxIndex, *holes) && strconv.Itoa(index) == name:
			*holes -= index
			list := make(flow.Array, index+1)
			list[index] = value
			value = list
			continue
		}
		value = flow.NewObject(name, value)
	}
	return value
}

// merge puts what a later key says into what the earlier ones have said. A list
// has holes, which are nil, where nothing was said yet.
func merge(into, from flow.Value) flow.Value {
	switch from := from.(type) {
	case *flow.Object:
		return mergeObject(into, from)
	case flow.Array:
		return mergeList(into, from)
	}
	return appendTo(into, from)
}

func mergeObject(into flow.Value, from *flow.Object) flow.Value {
	o, ok := into.(*flow.Object)
	if list, isList := into.(flow.Array); isList {
		o, ok = objectOf(list), true
	}
	if !ok {
		return flow.Array{into, from}
	}
	for key, value := range from.All() {
		if had, there := o.Lookup(key); there {
			value = merge(had, value)
		}
		o.Set(key, value)
	}
	return o
}

func mergeList(into flow.Value, from flow.Array) flow.Value {
	switch into := into.(type) {
	case *flow.Object:
		return mergeObject(into, objectOf(from))
	case flow.Array:
		for i, item := range from {
			switch {
			case item == nil:
			case i >= len(into):
				into = append(into, make(flow.Array, i+1-len(into))...)
				into[i] = item
			case into[i] == nil:
				into[i] = item
			case isContainer(into[i]) && isContainer(item):
				into[i] = merge(into[i], item)
			default:
				into = append(into, item)
			}
		}
		return into
	}
	return append(flow.Array{into}, from...)
}

func isContainer(v flow.Value) bool {
	switch v.(type) {
	case *flow.Object, flow.Array:
		return true
	}
	return false
}

func objectOf(list flow.Array) *flow.Object {
	o := &flow.Object{}
	for i, item := range list {
		if item != nil {
			o.Set(strconv.Itoa(i), item)
		}
	}
	return o
}

// compact takes the holes out of lists.
func compact(v flow.Value) flow.Value {
	switch v := v.(type) {
	case *flow.Object:
		for key, item := range v.All() {
			if isContainer(item) {
				v.Set(key, compact(item))
			}
		}
	case flow.Array:
		list := v[:0]
		for _, item := range v {
			if item != nil {
				list = append(list, compact(item))
			}
		}
		return list
	}
	return v
}
