package webroutes

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// What Express 4.22 makes of the same paths; "" is no match. Parameters that are
// undefined are left out.
func TestPatterns(t *testing.T) {
	for _, c := range []struct{ path, request, params string }{
		{`/a/b`, `/a/b`, `{}`},
		{`/a/b`, `/A/B/`, `{}`},
		{`/a/b`, `/a/bc`, ``},
		{`/`, `/`, `{}`},
		{`/`, `/x`, ``},
		{`/users/:id`, `/users/7`, `{"id":"7"}`},
		{`/users/:id`, `/users/7/`, `{"id":"7"}`},
		{`/users/:id`, `/users/`, ``},
		{`/users/:id`, `/users/a%20b+c`, `{"id":"a b+c"}`},
		{`/users/:id`, `/USERS/7`, `{"id":"7"}`},
		{`/users/:id`, `/users/7//`, ``},
		{`/users/:id`, `/users//7`, ``},
		{`/users/:id`, `/users/7/x`, ``},
		{`/users/:id/`, `/users/7`, `{"id":"7"}`},
		{`/:a/b/:c`, `/1/b/2`, `{"a":"1","c":"2"}`},
		{`/:a/b/:c`, `/1/2/3`, ``},
		{`/users/:id?`, `/users`, `{}`},
		{`/users/:id?`, `/users/9`, `{"id":"9"}`},
		{`/f/:a-:b`, `/f/1-2`, `{"a":"1","b":"2"}`},
		{`/f/:a-:b`, `/f/1-2-3`, `{"a":"1-2","b":"3"}`},
		{`/f/:a.:b`, `/f/x.y`, `{"a":"x","b":"y"}`},
		{`/f/:a.:b?`, `/f/x`, `{"a":"x"}`},
		{`/:n(\d+)`, `/12`, `{"n":"12"}`},
		{`/:n(\d+)`, `/x`, ``},
		{`/files/*`, `/files/a/b`, `{"0":"a/b"}`},
		{`*`, `/x/y`, `{"0":"/x/y"}`},
		{`/ab?cd`, `/acd`, `{}`},
		{`/ab+cd`, `/abbbcd`, `{}`},
		{`/ab*cd`, `/abXYcd`, `{"0":"XY"}`},
		{`/a(bc)?d`, `/ad`, `{}`},
		{`/a(bc)?d`, `/abcd`, `{"0":"bc"}`},
		{`/:a*`, `/x/y/z`, `{"0":"/y/z","a":"x"}`},
		{`/x/:p(*)`, `/x/a/b`, `{"0":"a/b","p":"a/b"}`},
		{`/x.json`, `/x.json`, `{}`},
		{`/x.json`, `/xyjson`, ``},
		{`/(a|b)/c`, `/b/c`, `{}`},
		{`/a\:b`, `/a:b`, `{}`},
		{`/:a/:b?/c`, `/1/c`, `{"a":"1"}`},
		{`/:a/:b?/c`, `/1/2/c`, `{"a":"1","b":"2"}`},
		{`/u/:id/*`, `/u/3/x/y`, `{"0":"x/y","id":"3"}`},
	} {
		p, err := compile(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		params, ok, err := p.match(c.request)
		if err != nil {
			t.Errorf("%s for %s: %v", c.path, c.request, err)
		}
		got := ""
		if ok {
			got = `{}`
			if params != nil {
				got = flow.JSON(params)
			}
		}
		if got != c.params {
			t.Errorf("%s for %s: %s, want %s", c.path, c.request, got, c.params)
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for _, path := range []string{"/a(b", "/[z-a]", "/:x(+)"} {
		if _, err := compile(path); err == nil {
			t.Errorf("%s was accepted", path)
		}
	}
	for _, path := range []string{"/:id", "/*"} {
		p, err := compile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, request := range []string{"/%zz", "/%E4"} {
			if _, _, err := p.match(request); err == nil {
				t.Errorf("%s for %s: a parameter that cannot be decoded was accepted", path, request)
			}
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"/:a(\\d+)?/*", "/a.:b*?", "*", "/(", ":", "\\", "/:a(*)"} {
		f.Add(s, "/a/b")
	}
	f.Fuzz(func(_ *testing.T, path, request string) {
		if p, err := compile(path); err == nil {
			_, _, _ = p.match(request) // it must not panic
		}
	})
}
