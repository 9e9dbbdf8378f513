package headers

import (
	"net/http"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestAdd(t *testing.T) {
	h := http.Header{}
	for _, pair := range [][2]string{
		{"X-B", "1"}, {"Accept", "a"}, {"Accept", "b"}, {"Cookie", "c=1"}, {"Cookie", "d=2"}, {"Set-Cookie", "e=3"},
		{"ETag", "f"}, {"ETag", "g"}, {"User-Agent", "h"}, {"User-Agent", "i"}, {"X-U", "gr\xfc\xdf"},
	} {
		h.Add(pair[0], pair[1])
	}
	o := flow.NewObject("host", "h")
	Add(o, h)
	if got, want := flow.JSON(o), `{"host":"h","accept":"a, b","cookie":"c=1; d=2","etag":"f","set-cookie":["e=3"],"user-agent":"h","x-b":"1","x-u":"grüß"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		text, want string
		ok         bool
	}{
		{"a\tb", "a\tb", true},
		{"grüß\u0080", "gr\xfc\xdf\x80", true},
		{"", "", true},
		{"€", "", false},
		{"a\nb", "", false},
		{"a\u007f", "", false},
	} {
		got, ok := Encode(c.text)
		if got != c.want || ok != c.ok {
			t.Errorf("%q: %q, %v", c.text, got, ok)
		}
		if ok && Decode(got) != c.text {
			t.Errorf("%q is %q when it is decoded again", c.text, Decode(got))
		}
	}
}
