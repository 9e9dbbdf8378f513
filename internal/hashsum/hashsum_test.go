package hashsum

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// The hashes are those of hash-sum 2.0.
func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                            "59322f29",
		`{"content-type":"text/plain"}`: "44c4f7bf",
		`{"b":"1","a":"2","set-cookie":["x=1","y=ü"]}`: "21c847dc",
		`{"n":17,"t":true,"z":null,"o":{"q":[]}}`:      "6c3801b2",
		`"text"`: "2d29e623",
	} {
		v, err := flow.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := Of(v); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestChanged(t *testing.T) {
	headers := flow.NewObject("content-type", "text/plain")
	if _, ok := Changed(headers); !ok {
		t.Error("headers without a hash do not count")
	}
	headers.Set(Header, Of(headers))
	if _, ok := Changed(headers); ok {
		t.Error("unchanged headers count")
	}
	headers.Set("x-more", "1")
	own, ok := Changed(headers)
	if !ok || flow.JSON(own) != `{"content-type":"text/plain","x-more":"1"}` {
		t.Errorf("got %s, %v", flow.JSON(own), ok)
	}
}
