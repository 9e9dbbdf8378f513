package tlsconf

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// node is a config node: a tls-config node if it has a Provider.
type node struct{ Provider }

func (node) Handle(*flow.Message, flow.Outlet) error { return nil }

type other struct{}

func (other) Handle(*flow.Message, flow.Outlet) error { return nil }

func TestInline(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	issued := ca.Issue(t, "server")
	config := node{NewSource(Settings{ServerName: "one.example"})}
	env := flow.Env{Config: func(id string) flow.Node {
		switch id {
		case "config":
			return config
		case "other":
			return other{}
		}
		return nil
	}}
	for _, c := range []struct {
		in    Inline
		name  string // of the server, as the client has it
		plain bool
		fails string
	}{
		{in: Inline{}, plain: true},
		{in: Inline{CA: ca.PEM}, plain: true},
		{in: Inline{Secure: true, CA: ca.PEM, ServerName: "x.example"}, name: "x.example"},
		{in: Inline{Secure: true, Pair: Pair{issued.Cert, issued.Key}}},
		{in: Inline{Secure: true, Pair: Pair{Certificate: issued.Cert}}, fails: "secure: a certificate and its key must be given together"},
		{in: Inline{TLS: "config"}, name: "one.example"},
		{in: Inline{TLS: "config", ServerName: "two.example"}, name: "two.example"},
		{in: Inline{TLS: "gone"}, fails: "tls: there is no tls-config node with the id \"gone\""},
		{in: Inline{TLS: "other"}, fails: "tls: the node \"other\" is no tls-config node that works"},
	} {
		p, err := c.in.Provider(env)
		if c.fails != "" {
			if err == nil || err.Error() != c.fails {
				t.Errorf("%+v: %v, want %s", c.in, err, c.fails)
			}
			continue
		}
		if err != nil || (p == nil) != c.plain {
			t.Errorf("%+v: %v, %v", c.in, p, err)
		}
		if p == nil {
			continue
		}
		if client, err := p.Client(); err != nil || client.ServerName != c.name {
			t.Errorf("%+v: %v, server name %q", c.in, err, client.ServerName)
		}
	}
}
