// Package headers has the headers of HTTP as Node.js has them, and so flows.
package headers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Add adds headers to an object: names in lower case, in alphabetical order (Go
// does not keep theirs), and what is there several times joined, but for
// set-cookie, which is a list.
func Add(o *flow.Object, h http.Header) {
	names := make([]string, 0, 16)
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := h[name]
		switch name {
		case "Cookie":
			o.Set("cookie", strings.Join(values, "; "))
		case "Set-Cookie":
			list := flow.Array{}
			for _, line := range values {
				list = append(list, line)
			}
			o.Set("set-cookie", list)
		default:
			o.Set(lower(name), strings.Join(values, ", "))
		}
	}
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
