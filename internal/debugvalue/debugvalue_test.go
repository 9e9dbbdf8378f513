package debugvalue

import (
	"math"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

func TestEncode(t *testing.T) {
	re, err := jsregexp.Compile("a+", "")
	if err != nil {
		t.Fatal(err)
	}
	long := make(flow.Array, 1001)
	for i := range long {
		long[i] = 1.0
	}
	ones := strings.Repeat("1,", 999) + "1"
	for _, tc := range []struct {
		value        flow.Value
		text, format string
	}{
		{"héé", "héé", "string[3]"},
		{strings.Repeat("x", 1001), strings.Repeat("x", 1000) + "...", "string[1001]"},
		{1.5, "1.5", "number"}, {math.NaN(), "NaN", "number"}, {false, "false", "boolean"},
		{nil, "(undefined)", "undefined"}, {flow.Null{}, "(undefined)", "null"},
		{flow.Buffer("HELLO"), "48454c4c4f", "buffer[5]"},
		{make(flow.Buffer, 600), strings.Repeat("0", 1000), "buffer[600]"},
		{flow.Array{nil, math.Inf(1), flow.Buffer{1}},
			`[{"__enc__":true,"type":"undefined"},{"__enc__":true,"type":"number","data":"Infinity"},{"type":"Buffer","data":[1],"__enc__":true,"length":1}]`, "array[3]"},
		{long, `{"__enc__":true,"type":"array","data":[` + ones + `],"length":1001}`, "array[1001]"},
		{flow.NewObject("a", 1.0, "d", flow.Date(0), "_req", 1.0, "re", re, "n", flow.Null{}, "x", struct{}{}),
			`{"a":1,"d":"1970-01-01T00:00:00.000Z","_req":{"__enc__":true,"type":"internal"},"re":{"__enc__":true,"type":"regexp","data":"/a+/"},"n":null,"x":"[internal]"}`, "Object"},
		{re, "/a+/", "regexp"},
		{&flow.Error{Name: "TypeError", Message: "bad", Code: "E"}, `{"__enc__":true,"type":"error","data":{"name":"TypeError","message":"bad","code":"E"}}`, "error"},
	} {
		if text, format := Encode(tc.value); text != tc.text || format != tc.format {
			t.Errorf("%s: got %s as %s\nwant %s as %s", flow.JSON(tc.value), text, format, tc.text, tc.format)
		}
	}
}
