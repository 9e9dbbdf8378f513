package cookies

import (
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func TestParse(t *testing.T) {
	for header, want := range map[string]string{
		"a=1; b=2":               `{"a":"1","b":"2"}`,
		`a="x y"; a=2; c`:        `{"a":"x y"}`,
		"a=x%20y; b=%zz":         `{"a":"x y","b":"%zz"}`,
		`a=%C3%A4; b="%E4"`:      `{"a":"ä","b":"%E4"}`,
		"":                       `{}`,
		"x=1; Path=/; Expires=d": `{"x":"1","Path":"/","Expires":"d"}`,
	} {
		if got := flow.JSON(Parse(header, true)); got != want {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
	if got := flow.JSON(Parse("a=x%20y", false)); got != `{"a":"x%20y"}` {
		t.Errorf("not decoded: %s", got)
	}
	if got := flow.JSON(Request(`a=j:{"x":1}; b=j:{`)); got != `{"a":{"x":1},"b":"j:{"}` {
		t.Errorf("JSON: %s", got)
	}
}

// The headers are those of res.cookie of Express.
func TestSet(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]string{
		`"a b/ü"`:                     "n=a%20b%2F%C3%BC; Path=/",
		`12`:                          "n=12; Path=/",
		`null`:                        "n=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
		`{"value":null,"path":"/p"}`:  "n=; Path=/p; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
		`{"value":{"a":1}}`:           "n=j%3A%7B%22a%22%3A1%7D; Path=/",
		`{"value":"1","maxAge":2500}`: "n=1; Max-Age=2; Path=/; Expires=Fri, 02 Jan 2026 03:04:07 GMT",
		`{"value":"1","domain":"x.example","expires":"2026-05-06T07:08:09Z","secure":true,"partitioned":true,"priority":"high","sameSite":true}`: "n=1; Domain=x.example; Path=/; Expires=Wed, 06 May 2026 07:08:09 GMT; Secure; Partitioned; Priority=High; SameSite=Strict",
		`{"value":"1","sameSite":"x"}`:     "the cookie n: option sameSite is invalid",
		`{"value":"1","path":"/;"}`:        "the cookie n: option path is invalid",
		`{"value":"1","expires":"x"}`:      "the cookie n: option expires is no date",
		`{"value":"a b","encode":false}`:   "the value of the cookie n has characters that are not allowed",
		`{"value":"a%20b","encode":false}`: "n=a%20b; Path=/",
	} {
		v, err := flow.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Set("n", v, now)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", text, got, want)
		}
	}
}
