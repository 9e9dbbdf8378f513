package webproxy

import (
	"net/url"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestFor(t *testing.T) {
	s := Settings{HTTP: "proxy:3128", HTTPS: "http://u:p@secure:3129"}
	for _, c := range []struct{ target, none, want string }{
		{"http://a.example/", "", "http://proxy:3128"},
		{"ws://a.example/", "", "http://proxy:3128"},
		{"https://a.example/", "", "http://u:p@secure:3129"},
		{"http://a.example/", "*", ""},
		{"http://a.example/", "b.example, A.example", ""},
		{"http://x.a.example/", "a.example", "http://proxy:3128"},
		{"http://x.a.example/", ".a.example", ""},
		{"http://x.a.example/", "*.a.example", ""},
		{"http://a.example:81/", "a.example:80", "http://proxy:3128"},
		{"http://a.example/", "a.example:80", ""},
		{"https://a.example/", "a.example:443", ""},
		{"http://[::1]/", "::1", ""},
		{"http://[::1]:80/", "[::1]:80", ""},
		{"ftp://a.example/", "", "http://proxy:3128"},
	} {
		target, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		s.None = c.none
		got, err := s.For(target)
		if err != nil {
			t.Error(err)
		}
		text := ""
		if got != nil {
			text = got.String()
		}
		if text != c.want {
			t.Errorf("%s without %s: %s, want %s", c.target, c.none, text, c.want)
		}
	}
	s = Settings{HTTP: "http://proxy", User: "me", Pass: "secret"}
	if got, err := s.For(&url.URL{Scheme: "http", Host: "x"}); err != nil || got.String() != "http://me:secret@proxy" {
		t.Errorf("with a user: %v, %v", got, err)
	}
	if _, err := (Settings{HTTP: "http://"}).For(&url.URL{Scheme: "http", Host: "x"}); err == nil {
		t.Error("a proxy without a host was accepted")
	}
}

func TestEnvironment(t *testing.T) {
	env := map[string]string{"HTTP_PROXY": "upper", "http_proxy": "lower", "ALL_PROXY": "all", "no_proxy": "none"}
	got := Environment(func(name string) (flow.Value, bool) { v, ok := env[name]; return v, ok })
	if want := (Settings{HTTP: "lower", HTTPS: "all", None: "none"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
