package httprequest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// What Node.js makes of the same URLs; an empty one is none.
func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"http://H.example:80/a":       "http://h.example/a",
		"https://h.example:443":       "https://h.example/",
		"http:///json":                "http://json/",
		"http:////h.example:81//b?c":  "http://h.example:81//b?c",
		`http:\\h.example\a`:          "http://h.example/a",
		"http://127.1:41100/":         "http://127.0.0.1:41100/",
		"http://2130706433":           "http://127.0.0.1/",
		"http://0x7f.0.0.1/":          "http://127.0.0.1/",
		"http://0177.0.0x.1/":         "http://127.0.0.1/",
		"http://127.0.0.1.:0081/":     "http://127.0.0.1:81/",
		"http://%31%32%37.1/":         "http://127.0.0.1/",
		"http://1.2.3.x/":             "http://1.2.3.x/",
		"http://[0::1]:81/?x":         "http://[::1]:81/?x",
		"http://u%40:p w@h.example/":  "http://u%40:p%20w@h.example/",
		"http://u@v:p@h.example#a":    "http://u%40v:p@h.example/#a",
		"http://h.example?a=//b@c:1/": "http://h.example/?a=//b@c:1/",
		"http://":                     "",
		"http://:80/":                 "",
		"http://256.0.0.1/":           "",
		"http://1.2.3.4.5/":           "",
		"http://1..2/":                "",
		"http://127.0.0.1:99999/":     "",
		"http://127.0.0.1:abc/":       "",
		"http://a b/":                 "",
		"http://a|b/":                 "",
		"http://a%2fb/":               "",
		"http://[::1/":                "",
		"http://[1.2.3.4]/":           "",
	} {
		got, err := parseURL(&url.URL{}, text)
		switch {
		case err != nil && want != "":
			t.Errorf("%s: %v, want %s", text, err, want)
		case err == nil && addressOf(got) != want:
			t.Errorf("%s is %s, want %q", text, addressOf(got), want)
		}
	}
	got, err := parseURL(&url.URL{Scheme: "https", Host: "a.example", Path: "/x/y"}, "//B.example:443/z")
	if err != nil || addressOf(got) != "https://b.example/z" {
		t.Errorf("a URL without a scheme is %v, %v", got, err)
	}
}

// What is no URL fails at once. A host that there cannot be is asked for, and the
// flow goes on with the error.
func TestBadURL(t *testing.T) {
	d, msg := ask(t, "", `{"url":"http://127.0.0.1:99999/"}`, `{}`)
	if msg != nil || len(d.Log) != 1 || !strings.Contains(d.Log[0].What, "Invalid URL") {
		t.Errorf("a bad port: %v, %v", msg, d.Log)
	}
	d, msg = ask(t, "", `{"url":"http://{x}/"}`, `{}`)
	if msg == nil {
		t.Fatalf("a bad host: nothing, %v", d.Log)
	}
	code := flow.Text(msg.Get("statusCode")) // without a name server it is EAI_AGAIN
	if code != "ENOTFOUND" && code != "EAI_AGAIN" || !strings.Contains(d.Badges()[len(d.Badges())-1], code) {
		t.Errorf("a bad host: %s, %v", flow.JSON(msg), d.Badges())
	}
}
