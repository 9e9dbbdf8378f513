// Package headers has the headers of HTTP as Node.js has them, and so flows.
package headers

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// Add adds headers to an object: names in lower case, in alphabetical order (Go
// does not keep theirs), values as [Decode] has them. What is there several times
// is joined, but for set-cookie, which is a list, and for headers of which there
// can be but one: the first counts.
func Add(o *flow.Object, h http.Header) {
	names := make([]string, 0, 16)
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := h[name]
		if len(values) > 1 && slices.Contains(single, name) {
			values = values[:1]
		}
		switch name {
		case "Cookie":
			o.Set("cookie", Decode(strings.Join(values, "; ")))
		case "Set-Cookie":
			list := flow.Array{}
			for _, line := range values {
				list = append(list, Decode(line))
			}
			o.Set("set-cookie", list)
		default:
			o.Set(lower(name), Decode(strings.Join(values, ", ")))
		}
	}
}

// single are the headers that Node.js does not join.
var single = []string{
	"Age", "Authorization", "Content-Length", "Content-Type", "Etag", "Expires", "From", "Host",
	"If-Modified-Since", "If-Unmodified-Since", "Last-Modified", "Location", "Max-Forwards",
	"Proxy-Authorization", "Referer", "Retry-After", "Server", "User-Agent",
}

// Decode makes text of the bytes of a header, which are Latin-1 for Node.js.
func Decode(value string) string {
	if isASCII(value) {
		return value
	}
	var text strings.Builder
	for i := range len(value) {
		text.WriteRune(rune(value[i]))
	}
	return text.String()
}

// Encode makes the bytes of a header of text. It is false if the text has
// characters that Node.js lets no header have: control characters but the tab,
// and those beyond Latin-1.
func Encode(text string) (value string, ok bool) {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r < ' ' && r != '\t' || r == 0x7f || r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	if len(b) == len(text) { // it is ASCII
		return text, true
	}
	return string(b), true
}

// InvalidName is the error of Node.js for a name that no header can have. It has no
// Name: who sends has its own.
func InvalidName(name string) *flow.Error {
	return &flow.Error{Message: `Header name must be a valid HTTP token ["` + name + `"]`, Code: "ERR_INVALID_HTTP_TOKEN"}
}

// InvalidValue is the error of Node.js for a header with a value that [Encode]
// refuses. It has no Name either.
func InvalidValue(name string) *flow.Error {
	return &flow.Error{Message: `Invalid character in header content ["` + name + `"]`, Code: "ERR_INVALID_CHAR"}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// common are the lower case names of headers that most requests have: to look
// one up is cheaper than to make it.
var common = map[string]string{
	"Accept": "accept", "Accept-Encoding": "accept-encoding", "Accept-Language": "accept-language",
	"Authorization": "authorization", "Cache-Control": "cache-control", "Connection": "connection",
	"Content-Length": "content-length", "Content-Type": "content-type", "Origin": "origin",
	"Referer": "referer", "User-Agent": "user-agent",
}

func lower(name string) string {
	if l, ok := common[name]; ok {
		return l
	}
	return strings.ToLower(name)
}
