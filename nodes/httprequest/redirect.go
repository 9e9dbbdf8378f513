package httprequest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
)

// keepSecrets takes out of a request what no other server than the first one is to
// know, once one of the redirects has led elsewhere. The jar looks after cookies.
func (r *request) keepSecrets(next *http.Request, via []*http.Request) {
	elsewhere := func(q *http.Request) bool { return q.URL.Host != r.target.Host || q.URL.Scheme != r.target.Scheme }
	if elsewhere(next) || slices.ContainsFunc(via, elsewhere) {
		remove(next.Header, "Authorization", "Proxy-Authorization")
	}
}

// remove takes headers away, in whatever case the flow has written their names.
func remove(h http.Header, names ...string) {
	maps.DeleteFunc(h, func(key string, _ []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, key) })
	})
}

// redirectOf says where an answer leads.
func redirectOf(r *http.Response) *flow.Object {
	o := flow.NewObject("location", r.Header.Get("Location"))
	if lines := r.Header.Values("Set-Cookie"); len(lines) > 0 {
		o.Set("cookies", setCookies(lines))
	}
	return o
}

// setCookies reads Set-Cookie headers: {name: {Path, Expires, …, value}}.
func setCookies(lines []string) *flow.Object {
	all := &flow.Object{}
	for _, line := range lines {
		parsed := cookies.Parse(line, true)
		keys := parsed.Keys()
		if len(keys) == 0 || keys[0] == "" {
			continue
		}
		value := parsed.Get(keys[0])
		parsed.Delete(keys[0])
		parsed.Set("value", value)
		all.Set(keys[0], parsed)
	}
	return all
}
