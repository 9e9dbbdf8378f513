package flowtests

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// The steps that are about HTTP.

// request asks for what nodes serve.
type request struct {
	place
	name, method, path string
	headers            *flow.Object
	body               flow.Value // bytes, or text, or what is sent as JSON; nil is none
}

func (p *stepParser) request(f *fields, at place) step {
	s := &request{place: at, name: p.open(f, "request", webPeer), method: http.MethodGet, headers: &flow.Object{}}
	if n := f.get("method"); n != nil {
		s.method = strings.ToUpper(p.text(n, "method"))
	}
	path := f.get("path")
	switch {
	case path == nil:
		f.missing("path", "such as /things/7?n=42")
	default:
		if s.path = p.text(path, "path"); !strings.HasPrefix(s.path, "/") {
			f.fail(path, fmt.Sprintf("%q is no path", s.path), "it begins with a slash")
		}
	}
	if n := f.get("headers"); n != nil {
		s.headers = p.object(n, "headers")
	}
	if n := f.get("body"); n != nil {
		s.body = p.object(mapOf("body", n), "body").Get("body")
	}
	return s
}

func (s *request) run(_ context.Context, r *run) *Failure {
	r.board.update(func() {}) // what comes of this is still to happen
	header := http.Header{}
	headers, _ := r.expand(s.headers).(*flow.Object)
	for name, v := range headers.All() {
		header.Set(name, flow.Text(v))
	}
	var body []byte
	switch v := r.expand(s.body).(type) {
	case nil:
	case flow.Buffer:
		body = v
	case string:
		body = []byte(v)
	default:
		body = flow.AppendJSON(nil, v)
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/json")
		}
	}
	if err := r.site.ask(s.name, s.method, r.vars.Replace(s.path), header, body); err != nil {
		return s.fail("%s cannot ask: %v", s.name, err)
	}
	return nil
}

// response waits for the answer to a request.
type response struct {
	place
	name   string
	want   *flow.Object // of status, headers and body, what is said of them
	within time.Duration
}

func (p *stepParser) response(f *fields, at place) step {
	s := &response{place: at, name: p.peer(f, "response", webPeer), want: &flow.Object{}, within: p.setup.Within}
	delete(p.peers, s.name) // it may ask again
	for _, key := range []string{"status", "headers", "body"} {
		n := f.get(key)
		if n == nil {
			continue
		}
		v := p.wanted(n)
		if _, isNumber := v.(float64); key == "status" && !isNumber {
			f.fail(n, "status must be a number", "such as 200")
		}
		s.want.Set(key, v)
	}
	s.within = f.duration("within", s.within)
	return s
}

func (s *response) run(ctx context.Context, r *run) *Failure {
	e := r.site.byName[s.name]
	if !r.await(ctx, s.within, func() bool { return e.over }) {
		return s.fail("%s gets no answer within %v", s.name, s.within)
	}
	if e.err != nil {
		return s.fail("%s gets no answer: %v", s.name, e.err)
	}
	want, _ := r.expand(s.want).(*flow.Object)
	rows, ok := compare(want, e.answer(want), false)
	if ok {
		return nil
	}
	f := s.fail("%s gets another answer", s.name)
	f.Rows = rows
	return f
}
