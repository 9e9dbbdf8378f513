package qs

import (
	"net/url"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Stringify makes a query of properties as querystring.stringify of Node.js does:
// the items of a list one after the other, and what is no text, number or boolean
// as nothing.
func Stringify(o *flow.Object) string {
	var parts []string
	add := func(name string, v flow.Value) {
		switch v.(type) {
		case string, float64, bool:
		default:
			v = ""
		}
		parts = append(parts, Escape(name)+"="+Escape(flow.Text(v)))
	}
	for name, v := range o.All() {
		if list, ok := v.(flow.Array); ok {
			for _, item := range list {
				add(name, item)
			}
			continue
		}
		add(name, v)
	}
	return strings.Join(parts, "&")
}

// Escape is encodeURIComponent.
func Escape(s string) string { return component.Replace(url.QueryEscape(s)) }

var component = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
