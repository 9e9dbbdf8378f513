package httpproxy

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/webproxy"
)

func TestLookup(t *testing.T) {
	d := flowtest.New(t, Type, `{"url":"http://proxy","noproxy":["a","b"]}`, func(e *flow.Env) {
		e.Credentials = flow.NewCredentials(flow.NewObject("username", "me", "password", "secret"))
	})
	env := flow.Env{Config: func(id string) flow.Node {
		if id == "p" {
			return d.Node
		}
		return nil
	}}
	got, err := webproxy.Lookup(env, "proxy", "p")
	if want := (webproxy.Settings{HTTP: "http://proxy", HTTPS: "http://proxy", None: "a,b", User: "me", Pass: "secret"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := webproxy.Lookup(env, "proxy", "other"); err == nil {
		t.Error("a proxy that there is not was found")
	}
}
