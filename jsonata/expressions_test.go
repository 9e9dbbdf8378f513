package jsonata

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// expressionCase is one expression of testdata/expressions.txt.
type expressionCase struct{ source, want string }

func loadExpressions(tb testing.TB) []expressionCase {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "expressions.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	var out []expressionCase
	for block := range strings.SplitSeq(string(text), "\n\n") {
		i := strings.LastIndex(strings.TrimRight(block, "\n"), "\n")
		if i < 0 || strings.HasPrefix(block, "#") {
			continue
		}
		out = append(out, expressionCase{block[:i], strings.TrimRight(block[i+1:], "\n")})
	}
	return out
}

func loadInput(tb testing.TB) flow.Value {
	tb.Helper()
	return readJSON(tb, filepath.Join("testdata", "input.json"))
}

// The results are those of jsonata-js.
func TestExpressions(t *testing.T) {
	input := loadInput(t)
	before := flow.JSON(input)
	cases := loadExpressions(t)
	if len(cases) < 600 {
		t.Fatalf("only %d expressions", len(cases))
	}
	for _, c := range cases {
		e, err := Compile(c.source, MaxDepth(500))
		var got flow.Value
		if err == nil {
			got, err = e.Eval(t.Context(), input, nil)
		}
		var text string
		switch e, ok := errors.AsType[*Error](err); {
		case ok:
			text = "! " + e.Code + " " + e.Message
		case err != nil:
			text = "! " + err.Error()
		case got == nil:
			text = "= undefined"
		default:
			want, err := flow.ParseJSON([]byte(strings.TrimPrefix(c.want, "= ")))
			if err == nil && near(throughJSON(t, got), want) {
				continue
			}
			text = "= " + flow.JSON(got)
		}
		if text != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.source, text, c.want)
		}
	}
	if flow.JSON(input) != before {
		t.Error("the input was changed")
	}
}

// throughJSON leaves only what JSON has.
func throughJSON(tb testing.TB, v flow.Value) flow.Value {
	tb.Helper()
	out, err := flow.ParseJSON([]byte(flow.JSON(v)))
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
