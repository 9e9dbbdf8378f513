package jsonata

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// seeds adds the expressions of testdata and, if it is there, of the suite.
func seeds(f *testing.F, add func(source string, input flow.Value)) {
	f.Helper()
	input := loadInput(f)
	for _, c := range loadExpressions(f) {
		add(c.source, input)
	}
	if os.Getenv(suiteVar) == "" {
		return
	}
	for _, c := range loadSuite(f) {
		add(c.source, c.input)
	}
}

func FuzzCompile(f *testing.F) {
	seeds(f, func(source string, _ flow.Value) { f.Add(source) })
	f.Fuzz(func(t *testing.T, source string) {
		e, err := Compile(source)
		if err == nil {
			if e.String() != source {
				t.Errorf("the source is %q", e)
			}
			return
		}
		if _, ok := errors.AsType[*Error](err); !ok || err.Error() == "" {
			t.Errorf("error %#v", err)
		}
	})
}

func FuzzEval(f *testing.F) {
	seeds(f, func(source string, input flow.Value) {
		if text := flow.JSON(input); len(text) < 10_000 {
			f.Add(source, text)
		}
	})
	const limit = 100 * time.Millisecond
	f.Fuzz(func(t *testing.T, source, input string) {
		v, err := flow.ParseJSON([]byte(input))
		if err != nil {
			return
		}
		before := flow.JSON(v)
		e, err := Compile(source, MaxTime(limit), MaxMemory(64<<20))
		if err != nil {
			return
		}
		start := time.Now()
		got, err := e.Eval(t.Context(), v, nil)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("error %#v", err)
			}
			return
		}
		flow.JSON(got)
		if flow.JSON(v) != before {
			t.Error("the input was changed")
		}
	})
}
