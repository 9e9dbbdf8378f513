package httprequest

import (
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/hashsum"
	"github.com/flowrun/flowrun/internal/headers"
)

// fill puts an answer into a message.
func (n *Node) fill(msg *flow.Message, a answer) {
	own := &flow.Object{}
	headers.Add(own, a.header)
	own.Set(hashsum.Header, hashsum.Of(own))
	msg.Set("statusCode", float64(a.status))
	msg.Set("headers", own)
	msg.Set("responseUrl", a.url)
	msg.Set("payload", n.payload(a))
	redirects := a.redirects
	if redirects == nil {
		redirects = flow.Array{}
	}
	msg.Set("redirectList", redirects)
	msg.Set("retry", 0.0)
	if lines := a.header.Values("Set-Cookie"); len(lines) > 0 {
		msg.Set("responseCookies", setCookies(lines))
	}
}

func (n *Node) payload(a answer) flow.Value {
	if n.config.Ret == "bin" {
		return flow.Buffer(a.body)
	}
	text := flow.DecodeUTF8(a.body)
	if n.config.Ret != "obj" {
		return text
	}
	if a.status == http.StatusNoContent {
		return &flow.Object{}
	}
	v, err := flow.ParseJSON(a.body)
	if err != nil {
		n.env.Warn(n.env.Text("httpin.errors.json-error", "JSON parse error"))
		return text
	}
	return v
}
