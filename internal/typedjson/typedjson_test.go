package typedjson

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

func TestRoundTrip(t *testing.T) {
	re, err := jsregexp.Compile("a+", "gi")
	if err != nil {
		t.Fatal(err)
	}
	small := `{"type":"Buffer","data":[1,2]}`
	for _, test := range []struct {
		value flow.Value
		text  string
	}{
		{nil, `{"__enc__":true,"type":"undefined"}`},
		{flow.Null{}, `null`},
		{true, `true`},
		{1.5, `1.5`},
		{"text", `"text"`},
		{math.NaN(), `{"__enc__":true,"type":"number","data":"NaN"}`},
		{math.Inf(-1), `{"__enc__":true,"type":"number","data":"-Infinity"}`},
		{big.NewInt(1 << 60), `{"__enc__":true,"type":"bigint","data":"1152921504606846976"}`},
		{flow.Date(0), `{"__enc__":true,"type":"date","data":"1970-01-01T00:00:00.000Z"}`},
		{flow.Date(math.NaN()), `{"__enc__":true,"type":"date","data":null}`},
		{re, `{"__enc__":true,"type":"regexp","data":{"source":"a+","flags":"gi"}}`},
		{&flow.Error{Name: "TypeError", Message: "no", Code: "E", Stack: "at x"}, `{"__enc__":true,"type":"error","data":{"name":"TypeError","message":"no","code":"E","stack":"at x"}}`},
		{flow.Buffer{1, 2}, small},
		{flow.Array{nil, flow.Array{}, flow.NewObject("b", 1.0, "a", nil)}, `[{"__enc__":true,"type":"undefined"},[],{"b":1,"a":{"__enc__":true,"type":"undefined"}}]`},
		{flow.NewObject("__enc__", true, "type", "date"), `{"__enc__":true,"type":"object","data":{"__enc__":true,"type":"date"}}`},
		{flow.NewObject("type", "Buffer", "data", flow.Array{1.0}), `{"__enc__":true,"type":"object","data":{"type":"Buffer","data":[1]}}`},
	} {
		text := string(Append(nil, test.value))
		if text != test.text {
			t.Errorf("%#v prints\n%s\nwant\n%s", test.value, text, test.text)
			continue
		}
		back := string(Append(nil, Decode(parse(t, text))))
		if back != text {
			t.Errorf("%s comes back as %s", text, back)
		}
	}
}

func TestAppend(t *testing.T) {
	large := make(flow.Buffer, largeBuffer+1)
	text := string(Append(nil, large))
	if !strings.HasPrefix(text, `{"__enc__":true,"type":"buffer","data":"AAAA`) {
		t.Errorf("a large Buffer prints %.60s", text)
	}
	if b, ok := Decode(parse(t, text)).(flow.Buffer); !ok || !bytes.Equal(b, large) {
		t.Error("a large Buffer does not come back")
	}
	deep := flow.Value(flow.Array{})
	for range 100 {
		deep = flow.Array{deep}
	}
	if text := string(Append(nil, deep)); !strings.Contains(text, `"circular"`) {
		t.Errorf("a deep value prints %s", text)
	}
	for _, test := range []struct {
		value flow.Value
		text  string
	}{
		{struct{ n int }{1}, `{"__enc__":true,"type":"internal","data":"struct { n int }"}`},
		{fmt.Errorf("wrapped: %w", errors.New("plain")), `{"__enc__":true,"type":"error","data":{"name":"Error","message":"wrapped: plain"}}`},
		{flow.NewID(), ""},
	} {
		text := string(Append(nil, test.value))
		if test.text != "" && text != test.text {
			t.Errorf("%#v prints %s, want %s", test.value, text, test.text)
		}
		if test.text == "" && (len(text) != 18 || text[0] != '"') {
			t.Errorf("an id prints %s", text)
		}
	}
	msg := flow.NewMessage()
	msg.Set("payload", 1.0)
	if text := string(Append(nil, msg)); text != `{"payload":1}` {
		t.Errorf("a message prints %s", text)
	}
}

func TestDecode(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{"__enc__":true,"type":"map","data":[["a",1],[2,{"__enc__":true,"type":"undefined"}]]}`, `{"2":{"__enc__":true,"type":"undefined"},"a":1}`},
		{`{"__enc__":true,"type":"set","data":[1,1]}`, `[1,1]`},
		{`{"__enc__":true,"type":"function","data":"f"}`, `{}`},
		{`{"__enc__":true,"type":"internal","data":"Socket"}`, `{}`},
		{`{"__enc__":true,"type":"circular"}`, `"[Circular]"`},
		{`{"__enc__":true,"type":"undefined"}`, `{"__enc__":true,"type":"undefined"}`},
		// What is no valid encoding stays.
		{`{"__enc__":true,"type":"nonesuch"}`, `{"__enc__":true,"type":"object","data":{"__enc__":true,"type":"nonesuch"}}`},
		{`{"__enc__":true,"type":"bigint","data":"x"}`, `{"__enc__":true,"type":"object","data":{"__enc__":true,"type":"bigint","data":"x"}}`},
		{`{"__enc__":true,"type":"buffer","data":"?"}`, `{"__enc__":true,"type":"object","data":{"__enc__":true,"type":"buffer","data":"?"}}`},
		{`{"type":"Buffer","data":[1],"more":1}`, `{"__enc__":true,"type":"object","data":{"type":"Buffer","data":[1],"more":1}}`},
	} {
		if got := string(Append(nil, Decode(parse(t, test.text)))); got != test.want {
			t.Errorf("%s is %s, want %s", test.text, got, test.want)
		}
	}
}

func parse(t testing.TB, text string) flow.Value {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// What has been decoded once prints and decodes the same ever after.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,{"__enc__":true,"type":"date","data":"2020-01-01T00:00:00.000Z"}]}`,
		`{"__enc__":true,"type":"object","data":{"__enc__":1}}`,
		`{"__enc__":true,"type":"error","data":{"message":1}}`,
		`{"type":"Buffer","data":[256,-1,"x"]}`,
		`{"__enc__":true,"type":"regexp","data":{"source":"(","flags":"z"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := flow.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		once := Append(nil, Decode(v))
		twice := Append(nil, Decode(parse(t, string(once))))
		if !bytes.Equal(once, twice) && !bytes.Contains(once, []byte(`"circular"`)) {
			t.Errorf("%s\nis  %s\nthen %s", text, once, twice)
		}
	})
}
