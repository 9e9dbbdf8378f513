package headers

import (
	"net/http"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestAdd(t *testing.T) {
	h := http.Header{}
	for _, pair := range [][2]string{{"X-B", "1"}, {"Accept", "a"}, {"Accept", "b"}, {"Cookie", "c=1"}, {"Cookie", "d=2"}, {"Set-Cookie", "e=3"}} {
		h.Add(pair[0], pair[1])
	}
	o := flow.NewObject("host", "h")
	Add(o, h)
	if got, want := flow.JSON(o), `{"host":"h","accept":"a, b","cookie":"c=1; d=2","set-cookie":["e=3"],"x-b":"1"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
