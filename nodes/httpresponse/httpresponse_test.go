package httpresponse

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/exchange"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// answer has a node answer a request with a message (JSON), and returns status,
// headers and body.
func answer(t *testing.T, config, msg, method string, header ...string) string {
	t.Helper()
	v, err := flow.ParseJSON([]byte(msg))
	if err != nil {
		t.Fatal(err)
	}
	return answerWith(t, config, flow.MessageOf(v.(*flow.Object)), method, header...)
}

func answerWith(t *testing.T, config string, m *flow.Message, method string, header ...string) string {
	t.Helper()
	d := flowtest.New(t, Type, config)
	var failed error
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchange.New(w, r, webroutes.Match{})
		m.Set("res", e)
		if d.HandleMessage(m); d.Done[0] == nil {
			failed = e.Wait(nil, 0)
		}
	}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	server.Close() // and with it the handler
	if err := errors.Join(err, got.Body.Close(), failed); err != nil {
		t.Fatal(err)
	}
	if d.Done[0] != nil {
		return d.Done[0].Error()
	}
	var lines []string
	for name, values := range got.Header {
		if name != "Etag" && name != "Date" {
			lines = append(lines, name+": "+strings.Join(values, " | "))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(got.StatusCode, " ", strings.Join(lines, ", "), " ", string(body))
}

func TestAnswers(t *testing.T) {
	const html = "Content-Type: text/html; charset=utf-8"
	for _, c := range []struct{ config, msg, want string }{
		{`{}`, `{"payload":"hü"}`, "200 Content-Length: 3, " + html + " hü"},
		{`{}`, `{"payload":12.5}`, "200 Content-Length: 4, " + html + " 12.5"},
		{`{}`, `{}`, "200 Content-Length: 0 "},
		{`{}`, `{"payload":{"a":1}}`, "200 Content-Length: 7, Content-Type: application/json; charset=utf-8, X-Content-Type-Options: nosniff {\"a\":1}"},
		{`{}`, `{"payload":null}`, "200 Content-Length: 4, Content-Type: application/json; charset=utf-8, X-Content-Type-Options: nosniff null"},
		{`{"statusCode":"201"}`, `{"statusCode":404,"payload":"x"}`, "201 Content-Length: 1, " + html + " x"},
		{`{"statusCode":""}`, `{"statusCode":"404","payload":"x"}`, "404 Content-Length: 1, " + html + " x"},
		{`{}`, `{"statusCode":204,"payload":"x"}`, "204  "},
		{`{}`, `{"statusCode":99}`, "RangeError [ERR_HTTP_INVALID_STATUS_CODE]: Invalid status code: 99"},
		{`{"statusCode":"1000"}`, `{}`, "RangeError [ERR_HTTP_INVALID_STATUS_CODE]: Invalid status code: 1000"},
		{`{"headers":{"x-a":"1","content-type":"text/plain"}}`, `{"payload":"x","headers":{"X-B":["2","3"],"x-a":"4","content-length":"99"}}`,
			"200 Content-Length: 1, Content-Type: text/plain; charset=utf-8, X-A: 1, X-B: 2 | 3 x"},
		{`{}`, `{"headers":{"x-a":"1","x-node-red-request-node":"5c9c9b0c"},"payload":"x"}`, "200 Content-Length: 1, " + html + ", X-A: 1 x"},
		{`{}`, `{"headers":{"trailer":"X-A"},"payload":"x"}`, "200 Content-Length: 1, " + html + ", Trailer: X-A x"},
		{`{}`, `{"headers":{"x y":"1"}}`, `TypeError [ERR_INVALID_HTTP_TOKEN]: Header name must be a valid HTTP token ["x y"]`},
		{`{}`, `{"headers":{"x":"1\r\nSet-Cookie: a"}}`, `TypeError [ERR_INVALID_CHAR]: Invalid character in header content ["x"]`},
		{`{}`, `{"headers":{"content-type":["text/plain"]}}`, "TypeError: Content-Type cannot be set to an Array"},
		{`{}`, `{"headers":{"x":["a","€"]}}`, `TypeError [ERR_INVALID_CHAR]: Invalid character in header content ["x"]`},
		{`{}`, `{"payload":"x","headers":{"x":["grüß","a\tb"]}}`, "200 Content-Length: 1, " + html + ", X: gr\xfc\xdf | a\tb x"},
		{`{}`, `{"payload":"","cookies":{"a":"x y","b":null,"c":{"value":"1","path":"/p","httpOnly":true,"sameSite":"lax"}}}`,
			"200 Content-Length: 0, " + html + ", Set-Cookie: a=x%20y; Path=/ | b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT | c=1; Path=/p; HttpOnly; SameSite=Lax "},
		{`{}`, `{"cookies":{"a b":"1"}}`, `the cookie name "a b" has characters that are not allowed`},
	} {
		if got := answer(t, c.config, c.msg, "GET"); got != c.want {
			t.Errorf("%s with %s:\n%s\nwant\n%s", c.msg, c.config, got, c.want)
		}
	}
	if got, want := answer(t, `{}`, `{"payload":"body"}`, "HEAD"), "200 Content-Length: 4, "+html+" "; got != want {
		t.Errorf("HEAD: %s", got)
	}
}

// The types that Express 4.22 sends for the same ones: text is in UTF-8, whatever
// the flow says.
func TestContentType(t *testing.T) {
	for _, c := range []struct{ typ, text, bytes string }{
		{"text/plain", "text/plain; charset=utf-8", "text/plain; charset=utf-8"},
		{"text/plain;charset=ISO-8859-1", "text/plain; charset=utf-8", "text/plain;charset=ISO-8859-1"},
		{"text/csv; header=present; charset = x", "text/csv; charset=utf-8; header=present", "text/csv; header=present; charset = x"},
		{`text/html; a="b c"; Z=1`, `text/html; a="b c"; charset=utf-8; z=1`, `text/html; a="b c"; Z=1; charset=utf-8`},
		{"image/png", "image/png; charset=utf-8", "image/png"},
		{"application/xml", "application/xml; charset=utf-8", "application/xml"},
		{"application/vnd.x+json", "application/vnd.x+json; charset=utf-8", "application/vnd.x+json"},
		{"application/json5; x=y", "application/json5; charset=utf-8; x=y", "application/json5; x=y; charset=utf-8"},
		{"TEXT/Plain", "text/plain; charset=utf-8", "TEXT/Plain"},
		{"", "text/html; charset=utf-8", "application/octet-stream"},
	} {
		with := func(payload flow.Value) *flow.Message {
			return flow.MessageOf(flow.NewObject("payload", payload, "headers", flow.NewObject("Content-Type", c.typ)))
		}
		if got, want := answerWith(t, `{}`, with("ü"), "GET"), "200 Content-Length: 2, Content-Type: "+c.text+" ü"; got != want {
			t.Errorf("%q for text: %s, want %s", c.typ, got, want)
		}
		if got, want := answerWith(t, `{}`, with(flow.Buffer("x")), "GET"), "200 Content-Length: 1, Content-Type: "+c.bytes+" x"; got != want {
			t.Errorf("%q for bytes: %s, want %s", c.typ, got, want)
		}
	}
	for _, typ := range []string{"text", "a b/c", "text/plain; x"} {
		msg := flow.JSON(flow.NewObject("payload", flow.NewObject(), "headers", flow.NewObject("content-type", typ)))
		if got := answer(t, `{}`, msg, "GET"); got != "TypeError: invalid media type" {
			t.Errorf("%q: %s", typ, got)
		}
	}
}

// The tags are those of Express.
func TestNotModified(t *testing.T) {
	const tag = `W/"5-qvTGHdzF6KLavt4PO0gs2a6pQ00"`
	for _, c := range []struct{ method, msg, match, want string }{
		{"GET", `{"payload":"hello"}`, tag, "304  "},
		{"GET", `{"payload":"hello"}`, `"x", ` + tag[2:], "304  "},
		{"GET", `{"payload":"other"}`, tag, "200 Content-Length: 5"},
		{"POST", `{"payload":"hello"}`, tag, "200 Content-Length: 5"},
		{"GET", `{"payload":"hello","statusCode":404}`, tag, "404 Content-Length: 5"},
	} {
		if got := answer(t, `{}`, c.msg, c.method, "If-None-Match", c.match); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: %s, want %s", c.method, c.msg, got, c.want)
		}
	}
}

func TestNothingToAnswer(t *testing.T) {
	d := flowtest.New(t, Type, `{}`, func(e *flow.Env) { e.MessageKeys = true })
	d.Handle(`{"payload":1}`)
	if len(d.Log) != 1 || d.Log[0].What != "httpin.errors.no-response" || d.Done[0] != nil {
		t.Errorf("without res: %v, %v", d.Log, d.Done)
	}
	d.Handle(`{"res":{}}`)
	if d.Done[1] == nil {
		t.Error("a res of somebody's own was accepted")
	}
	e := exchange.New(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), webroutes.Match{})
	for range 2 {
		m := flow.NewMessage()
		m.Set("res", e)
		d.HandleMessage(m)
	}
	if d.Done[2] != nil || !errors.Is(d.Done[3], exchange.ErrAnswered) {
		t.Errorf("two answers: %v", d.Done[2:])
	}
}
