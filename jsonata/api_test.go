package jsonata

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func eval(t *testing.T, source string, input flow.Value, b Bindings, opts ...Option) (flow.Value, error) {
	t.Helper()
	e, err := Compile(source, opts...)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return e.Eval(t.Context(), input, b)
}

// code returns the code of an error of the engine, "" for others.
func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

func TestFunctions(t *testing.T) {
	errStore := errors.New("no such store")
	get, err := NewFunction("flowContext", "<ss?:x>", func(c Call, args []flow.Value) (flow.Value, error) {
		if args[1] != nil {
			return nil, errStore
		}
		if c.Context() == nil {
			t.Error("no context")
		}
		return flow.NewObject("key", args[0], "input", c.Input()), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	twice, err := NewFunction("twice", "<f-:x>", func(c Call, args []flow.Value) (flow.Value, error) {
		v, err := c.Apply(args[0].(*Function), 1.0)
		if err != nil {
			return nil, err
		}
		return c.Apply(args[0].(*Function), v)
	})
	if err != nil {
		t.Fatal(err)
	}
	input := flow.NewObject("a", flow.Array{1.0, 2.0})
	for _, tc := range []struct{ source, want string }{
		{`$flowContext("x")`, `{"key":"x","input":{"a":[1,2]}}`},
		{`$flowContext("x").input.a[1]`, `2`},
		{`a.$flowContext("x").input`, `[1,2]`},
		{`$map(["p","q"], function($k) { $flowContext($k) }).key`, `["p","q"]`},
		{`$twice(function($x){$x+1})`, `3`},
		{`$type($flowContext)`, `"function"`},
	} {
		got, err := eval(t, tc.source, input, nil, Functions(get, twice))
		if err != nil || flow.JSON(got) != tc.want {
			t.Errorf("%s: got %s, %v; want %s", tc.source, flow.JSON(got), err, tc.want)
		}
	}
	if _, err := eval(t, `$flowContext("x", "disk")`, input, nil, Functions(get)); !errors.Is(err, errStore) {
		t.Errorf("got %v, want the function's own error", err)
	}
	_, err = eval(t, `$flowContext(1)`, input, nil, Functions(get))
	if want := `Argument 1 of function "flowContext" does not match function signature`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	// A binding may be a function too, and wins.
	got, err := eval(t, `$sum(1)`, nil, Bindings{"sum": get})
	if code(err) != "T0410" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := NewFunction("x", "<(a<n>)>", nil); code(err) != "S0402" {
		t.Errorf("got %v, want S0402", err)
	}
}

func TestBindings(t *testing.T) {
	b := Bindings{"I": 3.0, "A": flow.Array{1.0, 2.0, 3.0}, "o": flow.NewObject("x", "y")}
	for _, tc := range []struct{ source, want string }{
		{`$I`, `3`},
		{`$I + $count($A)`, `6`},
		{`$A[$ > 1]`, `[2,3]`},
		{`$o.x`, `"y"`},
		{`($f := function($x) { $x + $I }; $f(1))`, `4`},
		{`($I := $I + 1; $I)`, `4`},
		{`$eval("$I * 2")`, `6`},
		{`$nothing`, `null`},
		{`$A ~> $map(function($v) { $v = $I })`, `[false,false,true]`},
	} {
		got, err := eval(t, tc.source, nil, b)
		if err != nil || flow.JSON(got) != tc.want {
			t.Errorf("%s: got %s, %v; want %s", tc.source, flow.JSON(got), err, tc.want)
		}
	}
}

// A $clone of the caller's may return what it was given: the transform must not
// change it.
func TestTransformLeavesItsInput(t *testing.T) {
	same, err := NewFunction("clone", "<(oa)-:o>", func(_ Call, args []flow.Value) (flow.Value, error) { return args[0], nil })
	if err != nil {
		t.Fatal(err)
	}
	input := flow.NewObject("a", flow.NewObject("b", 1.0))
	got, err := eval(t, `$ ~> |a|{"c": 2}, "b"|`, input, nil, Functions(same))
	if want := `{"a":{"c":2}}`; err != nil || flow.JSON(got) != want {
		t.Errorf("got %s, %v; want %s", flow.JSON(got), err, want)
	}
	if want := `{"a":{"b":1}}`; flow.JSON(input) != want {
		t.Errorf("the input is %s", flow.JSON(input))
	}
}

func TestFlowValues(t *testing.T) {
	input := flow.NewObject("d", flow.Date(0), "b", flow.Buffer("hi"), "t", flow.Timestamp(time.UnixMilli(1)), "x", make(chan int))
	for _, tc := range []struct{ source, want string }{
		{`d`, `"1970-01-01T00:00:00.000Z"`},
		{`$string(d)`, `"\"1970-01-01T00:00:00.000Z\""`},
		{`d = d`, `true`},
		{`b`, `{"type":"Buffer","data":[104,105]}`},
		{`$string(b)`, `"{\"type\":\"Buffer\",\"data\":[104,105]}"`},
		{`b."1"`, `105`},
		{`$sum(b.*)`, `209`},
		{`t & "!"`, `"1970-01-01T00:00:00.001Z!"`},
		{`$type(b) & $type(d) & $type(x)`, `"objectobjectobject"`},
		{`$clone($).b`, `{"type":"Buffer","data":[104,105]}`},
		{`$exists(x.y)`, `false`},
	} {
		got, err := eval(t, tc.source, input, nil)
		if err != nil || flow.JSON(got) != tc.want {
			t.Errorf("%s: got %s, %v; want %s", tc.source, flow.JSON(got), err, tc.want)
		}
	}
	got, err := eval(t, `payload & topic`, flow.MessageOf(flow.NewObject("payload", "p", "topic", "t")), nil)
	if err != nil || got != "pt" {
		t.Errorf("of a message: %v, %v", got, err)
	}
}

func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		source, code string
		opts         []Option
	}{
		{`($f := function($n) { 1 + $f($n + 1) }; $f(0))`, "D1011", nil},
		{`($f := function($n) { $map([1], function($x) { $f($n) }) }; $f(0))`, "D1011", nil},
		{`($f := function($n) { $eval("1 + $f(1)") }; $f(0))`, "D3121", nil},
		{`($f := function() { $f() }; $f())`, "D1012", []Option{MaxTime(50 * time.Millisecond)}},
		{`$count([1..10000000].([1..100]))`, "D1012", []Option{MaxTime(50 * time.Millisecond), MaxMemory(1 << 40)}},
		{`$sort([1..1000000], function($a, $b) { $a < $b })`, "D1012", []Option{MaxTime(50 * time.Millisecond)}},
		{`[1..10000001]`, "D2014", nil},
		{`$count([1..1000000])`, "D2016", []Option{MaxMemory(1 << 20)}},
		{`($f := function($s) { $f($s & $s) }; $f("x"))`, "D2016", []Option{MaxMemory(16 << 20)}},
		{`($f := function($s) { $f($append($s, $s)) }; $f([1]))`, "D2016", []Option{MaxMemory(16 << 20)}},
		{`($f := function($s) { $f([$s, $s].$) }; $f([1]))`, "D2016", []Option{MaxMemory(16 << 20)}},
		{`$pad("", 1e9)`, "D2016", nil},
		{`$formatInteger(1e300, "I")`, "D3130", nil},
		{`$string($reduce([1..20000], function($a, $b) { {"a": $a} }))`, "D1011", nil},
		{`$reduce([1..20000], function($a, $b) { {"a": $a} })`, "D1011", nil},
		{strings.Repeat("(", 5000), "D1011", nil},
		{strings.Repeat("a.", 5000) + "a", "D1011", nil},
		{strings.Repeat("-", 5000) + "1", "D1011", nil},
	} {
		var err error
		e, compileErr := Compile(tc.source, tc.opts...)
		if compileErr != nil {
			err = compileErr
		} else {
			_, err = e.Eval(t.Context(), nil, nil)
		}
		if code(err) != tc.code {
			t.Errorf("%.60s: got %v, want %s", tc.source, err, tc.code)
		}
	}
}

// Tail recursion takes no depth.
func TestTailCalls(t *testing.T) {
	for _, source := range []string{
		`($f := function($n, $acc) { $n = 0 ? $acc : $f($n - 1, $acc + 1) }; $f(100000, 0))`,
		`($even := function($n) { $n = 0 ? true : $odd($n - 1) }; $odd := function($n) { $n = 0 ? false : $even($n - 1) }; $even(100000)) ? 100000`,
		`($f := function($n) { ($m := $n + 1; $m = 100000 ? $m : $f($m)) }; $f(0))`,
	} {
		got, err := eval(t, source, nil, nil, MaxDepth(20))
		if err != nil || got != 100000.0 {
			t.Errorf("%s: got %v, %v", source, got, err)
		}
	}
}

func TestContextEndsEvaluation(t *testing.T) {
	e, err := Compile(`($f := function() { $f() }; $f())`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := e.Eval(ctx, nil, nil); !errors.Is(err, context.DeadlineExceeded) || code(err) != "D1012" {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentEvaluations(t *testing.T) {
	e, err := Compile(`($f := function($x) { $x * $I }; {"sum": $sum(a.$f($)), "text": $join(a.$string(), "-"), "time": $millis() > 0})`)
	if err != nil {
		t.Fatal(err)
	}
	input := flow.NewObject("a", flow.Array{1.0, 2.0, 3.0})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := fmt.Sprintf(`{"sum":%d,"text":"1-2-3","time":true}`, 6*i)
			for range 200 {
				got, err := e.Eval(t.Context(), input, Bindings{"I": float64(i)})
				if err != nil || flow.JSON(got) != want {
					t.Errorf("got %s, %v; want %s", flow.JSON(got), err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Positions count UTF-16 units and stand after the token.
func TestErrorFields(t *testing.T) {
	_, err := eval(t, `"😀é" & (1 + "x")`, nil, nil)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != "T2002" || e.Position != 12 || e.Token != "+" || e.Value != "x" {
		t.Errorf("got %#v", err)
	}
	_, err = Compile(`a +`)
	if e, ok = errors.AsType[*Error](err); !ok || e.Code != "S0207" || e.Position != 3 {
		t.Errorf("got %#v", err)
	}
}
