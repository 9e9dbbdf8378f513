package jsonnode

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/recorded"
)

const schemaText = `{"title":"t","type":"object","properties":{"number":{"type":"number"},"string":{"type":"string"}}}`

func TestConvert(t *testing.T) {
	for _, tc := range []struct{ name, config, in, want string }{
		{"text", `{}`, `{"payload":" {\"b\":1,\"a\":[true,null]}\r\n "}`, `{"payload":{"b":1,"a":[true,null]}}`},
		{"text of a number", `{}`, `{"payload":"1962"}`, `{"payload":1962}`},
		{"the last of equal keys wins", `{}`, `{"payload":"{\"a\":1,\"b\":2,\"a\":3}"}`, `{"payload":{"a":3,"b":2}}`},
		{"a value", `{}`, `{"payload":{"b":1,"a":[true,null]}}`, `{"payload":"{\"b\":1,\"a\":[true,null]}"}`},
		{"a boolean", `{}`, `{"payload":true}`, `{"payload":"true"}`},
		{"null", `{}`, `{"payload":null}`, `{"payload":"null"}`},
		{"pretty", `{"pretty":true}`, `{"payload":{"a":[1,{"b":{}}],"c":[]}}`,
			`{"payload":"{\n    \"a\": [\n        1,\n        {\n            \"b\": {}\n        }\n    ],\n    \"c\": []\n}"}`},
		{"to text: a value", `{"action":"str"}`, `{"payload":{"a":1}}`, `{"payload":"{\"a\":1}"}`},
		{"to text: text", `{"action":"str"}`, `{"payload":"no JSON"}`, `{"payload":"no JSON"}`},
		{"to a value: text", `{"action":"obj"}`, `{"payload":"{\"a\":1}"}`, `{"payload":{"a":1}}`},
		{"to a value: a value", `{"action":"obj"}`, `{"payload":{"a":1}}`, `{"payload":{"a":1}}`},
		{"another property", `{"property":"one.two"}`, `{"one":{"two":"[1]"},"payload":""}`, `{"one":{"two":[1]},"payload":""}`},
		{"no property", `{}`, `{"topic":"t"}`, `{"topic":"t"}`},
		{"schema, text", `{}`, `{"payload":"{\"number\":3}","schema":` + schemaText + `}`, `{"payload":{"number":3}}`},
		{"schema, a value", `{}`, `{"payload":{"number":3},"schema":` + schemaText + `}`, `{"payload":"{\"number\":3}"}`},
		{"schema, text stays", `{"action":"str"}`, `{"payload":"{\"number\":3}","schema":` + schemaText + `}`, `{"payload":"{\"number\":3}"}`},
		{"schema, a value stays", `{"action":"obj"}`, `{"payload":{"number":3},"schema":` + schemaText + `}`, `{"payload":{"number":3}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type, tc.config)
			d.Handle(tc.in)
			if got := d.Sent(0); len(got) != 1 || got[0] != tc.want {
				t.Errorf("got %q, want %s (%v)", got, tc.want, d.Done)
			}
		})
	}
}

func TestBuffer(t *testing.T) {
	d := flowtest.New(t, Type, `{"action":"obj"}`)
	d.HandleMessage(flow.MessageOf(flow.NewObject("payload", flow.Buffer(` {"a":"é"} `))))
	if got := d.Sent(0); len(got) != 1 || got[0] != `{"payload":{"a":"é"}}` {
		t.Errorf("got %q", got)
	}
}

func TestFailures(t *testing.T) {
	for _, tc := range []struct{ config, in, want, payload string }{
		{`{}`, `{"payload":"foo"}`, `Unexpected token 'o', "foo" is not valid JSON`, `"foo"`},
		{`{}`, `{"payload":"{\"number\":\"x\",\"string\":3}","schema":` + schemaText + `}`,
			"JSON Schema error: data/number must be number, data/string must be string", `{"number":"x","string":3}`},
		{`{}`, `{"payload":{"string":3},"schema":` + schemaText + `}`, "JSON Schema error: data/string must be string", `{"string":3}`},
		{`{"action":"str"}`, `{"payload":"x","schema":{}}`, `Unexpected token 'x', "x" is not valid JSON`, `"x"`},
		{`{}`, `{"payload":{},"schema":"garbage"}`, "JSON Schema error: failed to compile schema", `{}`},
		{`{}`, `{"payload":{},"schema":{"$ref":"file:///etc/passwd"}}`, "JSON Schema error: failed to compile schema", `{}`},
		{`{}`, `{"payload":{},"schema":{"type":"thing"}}`, "JSON Schema error: failed to compile schema", `{}`},
		{`{}`, `{"payload":{},"schema":{"pattern":"("}}`, "JSON Schema error: failed to compile schema", `{}`},
	} {
		d := flowtest.New(t, Type, tc.config)
		d.Handle(tc.in)
		if len(d.Log) != 1 || d.Log[0].What != tc.want {
			t.Errorf("%s: logged %v, want %s", tc.in, d.Log, tc.want)
			continue
		}
		if got := flow.JSON(d.Log[0].Msg.Get("payload")); got != tc.payload || len(d.Messages(0)) != 0 {
			t.Errorf("%s: payload %s, want %s; sent %v", tc.in, got, tc.payload, d.Sent(0))
		}
	}
}

func TestSchemaChanges(t *testing.T) {
	d := flowtest.New(t, Type, `{"action":"obj"}`)
	d.Handle(`{"payload":1,"schema":{"type":"number"}}`)
	d.Handle(`{"payload":1,"schema":{"type":"string"}}`)
	d.Handle(`{"payload":1}`)
	if len(d.Done) != 3 || d.Done[0] != nil || d.Done[1] == nil || d.Done[2] != nil {
		t.Errorf("done with %v", d.Done)
	}
	failed := d.Log[0].Msg
	want := `[{"instancePath":"","schemaPath":"#/type","keyword":"type","params":{"type":"string"},"message":"must be string"}]`
	if got := flow.JSON(failed.Get("schemaError")); got != want || !failed.Has("schema") {
		t.Errorf("schemaError = %s, want %s", got, want)
	}
}

// What Node.js 20 says about the same texts.
func TestRecordedSyntaxErrors(t *testing.T) {
	for _, c := range recorded.Cases(t, "syntax.ndjson") {
		text, got := flow.Text(c.Get("text")), ""
		if _, err := flow.ParseJSON([]byte(text)); err != nil {
			got = syntaxErrorText([]byte(text), err)
		}
		if got != c.Get("error") {
			t.Errorf("%q\n got %s\nwant %s", text, got, c.Get("error"))
		}
	}
}

func TestDeepText(t *testing.T) {
	text := []byte(strings.Repeat("[", 20_000))
	_, err := flow.ParseJSON(text)
	if got := syntaxErrorText(text, err); got != "JSON text is nested more than 10000 levels deep" {
		t.Errorf("got %s", got)
	}
}

// What ajv 8 says about the same schemas and values.
func TestRecordedSchemaErrors(t *testing.T) {
	for _, c := range recorded.Cases(t, "schema.ndjson") {
		s, err := compileSchema(c.Get("schema"), flow.JSON(c.Get("schema")))
		if err != nil {
			t.Errorf("%s: %v", flow.JSON(c.Get("schema")), err)
			continue
		}
		list := flow.Array{}
		for _, v := range s.validate(c.Get("value")) {
			list = append(list, v.object())
		}
		if got, want := flow.JSON(list), flow.JSON(c.Get("errors")); got != want {
			t.Errorf("%s does not fit %s:\n got %s\nwant %s", flow.JSON(c.Get("value")), flow.JSON(c.Get("schema")), got, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := Type.New(flow.NewObject("property", "a["), flow.Env{})
	var config *flow.ConfigError
	if !errors.As(err, &config) || config.Property != "property" {
		t.Errorf("got %v", err)
	}
}

func FuzzSyntaxError(f *testing.F) {
	for _, c := range recorded.Cases(f, "syntax.ndjson") {
		f.Add(flow.Text(c.Get("text")))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := flow.ParseJSON([]byte(text)); err != nil && syntaxErrorText([]byte(text), err) == "" {
			t.Errorf("%q: %v, but no text", text, err)
		}
	})
}

// Whatever the schema and the value are, there is an error or there is none.
func FuzzSchema(f *testing.F) {
	for _, c := range recorded.Cases(f, "schema.ndjson") {
		f.Add(flow.JSON(c.Get("schema")), flow.JSON(c.Get("value")))
	}
	f.Fuzz(func(t *testing.T, schemaText, valueText string) {
		source, err := flow.ParseJSON([]byte(schemaText))
		if err != nil {
			t.Skip()
		}
		value, err := flow.ParseJSON([]byte(valueText))
		if err != nil {
			t.Skip()
		}
		s, err := compileSchema(source, flow.JSON(source))
		if err != nil {
			return
		}
		for _, v := range s.validate(value) {
			if v.message == "" {
				t.Errorf("%s, %s: a violation without a message: %+v", schemaText, valueText, v)
			}
		}
	})
}

// The time for a row must not depend on the number of rows.
func BenchmarkParse(b *testing.B) {
	for _, rows := range []int{1000, 100_000} {
		text := "[" + strings.Repeat(`{"id":123,"name":"some name","list":[1,2,3.5],"on":true},`, rows) + "null]"
		b.Run(fmt.Sprint(rows, " rows"), func(b *testing.B) {
			d := flowtest.New(b, Type, `{}`)
			msg := flow.MessageOf(flow.NewObject("payload", text))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := d.Node.Handle(msg.Clone(), flow.NewOutlet(flowtest.Discard{}, nil, nil)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
