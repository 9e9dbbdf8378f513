package typed

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/jsonata"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestJSONata(t *testing.T) {
	stores := state.New("first", "second")
	set := func(s *state.Scope, key string, v flow.Value) {
		t.Helper()
		if err := s.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	set(stores.Flow("f1"), "limit", 3.0)
	set(stores.Flow("f1"), "#:(second)::limit", 4.0)
	set(stores.Global(), "units", flow.NewObject("length", "m"))
	p := Place{Stores: stores, Env: flow.Env{Flow: "f1", Getenv: func(name string) (flow.Value, bool) {
		return "north", name == "SITE"
	}}}
	for text, want := range map[string]string{
		`payload.value * 2`:                                                `10`,
		`$flowContext("limit") + payload.value`:                            `8`,
		`$flowContext("limit", "second")`:                                  `4`,
		`$globalContext("units").length`:                                   `"m"`,
		`$globalContext("nothing")`:                                        `undefined`,
		`$env("SITE") & "-" & $env("NONE")`:                                `"north-"`,
		`msg.payload.value`:                                                `5`, // the form of old flows
		`payload.msg`:                                                      `"inner"`,
		`{"b": payload.value, "a": $clone(payload).list[0]}`:               `{"b":5,"a":1}`,
		`$moment("2024-02-03T15:04:05Z").utc().format("YYYY-MM-DD HH:mm")`: `"2024-02-03 15:04"`,
		`$moment("2024-01-31").add(1, "month").format("L")`:                `"02/29/2024"`,
		`$moment("2024-03-01").diff($moment("2024-02-01"), "days")`:        `29`,
		`($m := $moment([2024, 1, 3]); $m.subtract(2, "d"); $m.startOf("year").valueOf() < $m.endOf("year").valueOf())`: `true`,
		`{"at": $moment("2024-02-03T15:04:05Z")}`: `{"at":"2024-02-03T15:04:05.000Z"}`,
		`payload.list[$ > 1]`:                     `[2,3]`,
	} {
		get, err := p.Compile("v", text, "jsonata")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		msg := message(t, `{"payload":{"value":5,"list":[1,2,3],"msg":"inner"}}`)
		v, err := get(msg)
		got := "undefined"
		if v != nil {
			got = flow.JSON(v)
		}
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestJSONataErrors(t *testing.T) {
	get, err := place().Compile("v", `$number(payload)`, "jsonata")
	if err != nil {
		t.Fatal(err)
	}
	_, err = get(message(t, `{"payload":"x"}`))
	var failed *ExpressionError
	var cause *jsonata.Error
	if !errors.As(err, &failed) || !errors.As(err, &cause) || cause.Code != "D3030" {
		t.Errorf("got %v, want D3030", err)
	}
}

func TestExpressionVariables(t *testing.T) {
	x, err := place().Expression("reduceExp", "$A + payload * $I")
	if err != nil {
		t.Fatal(err)
	}
	v, err := x(flow.NewObject("payload", 3.0), flow.NewObject("A", 10.0, "I", 2.0, "N", 5.0))
	if v != 16.0 || err != nil {
		t.Errorf("got %v, %v, want 16", v, err)
	}
}
