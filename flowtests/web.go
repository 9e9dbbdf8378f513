package flowtests

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// site serves what the nodes of a test serve by HTTP, and asks for it.
type site struct {
	board    *board
	table    *webroutes.Table
	client   *http.Client
	ctx      context.Context // of requests, until close
	cancel   context.CancelFunc
	asking   sync.WaitGroup
	byName   map[string]*exchange
	address  string // empty until the first request
	shutdown func(context.Context) error
}

// exchange is a request and what came of it; the board guards that.
type exchange struct {
	over   bool
	err    error
	status int
	header http.Header
	body   []byte
}

func newSite(b *board) *site {
	ctx, cancel := context.WithCancel(context.Background())
	return &site{
		board: b, table: webroutes.New(webroutes.Options{}), byName: map[string]*exchange{}, ctx: ctx, cancel: cancel,
		client: &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// ask sends a request; what comes of it is in the exchange of that name.
func (s *site) ask(name, method, path string, header http.Header, body []byte) error {
	if s.address == "" {
		if err := s.serve(); err != nil {
			return err
		}
	}
	q, err := http.NewRequestWithContext(s.ctx, method, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header = header
	e := &exchange{}
	s.byName[name] = e
	s.asking.Go(func() {
		answer, err := s.client.Do(q)
		var body []byte
		if err == nil {
			body, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close() // it has been read
		}
		s.board.update(func() {
			e.over, e.err, e.body = true, err, body
			if err == nil {
				e.status, e.header = answer.StatusCode, answer.Header
			}
		})
	})
	return nil
}

func (s *site) serve() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	s.shutdown = webroutes.Serve(l, nil, s.table, slog.New(slog.DiscardHandler))
	return nil
}

// close cuts off what is under way.
func (s *site) close() {
	s.cancel()
	s.asking.Wait()
	if s.shutdown != nil {
		_ = s.shutdown(s.ctx) // it says that it has not waited
	}
}

// answer returns what came as an object of status, headers and body: those of the
// headers that are wanted, and the body as what is wanted.
func (e *exchange) answer(want *flow.Object) *flow.Object {
	got := flow.NewObject("status", float64(e.status))
	if names, ok := want.Get("headers").(*flow.Object); ok {
		headers := &flow.Object{}
		for name := range names.All() {
			if values := e.header.Values(name); len(values) == 1 {
				headers.Set(name, values[0])
			} else if len(values) > 1 {
				list := flow.Array{}
				for _, v := range values {
					list = append(list, v)
				}
				headers.Set(name, list)
			}
		}
		got.Set("headers", headers)
	}
	got.Set("body", e.bodyAs(want.Get("body")))
	return got
}

// bodyAs returns the body: as bytes or text if that is wanted, else as what it is in
// JSON.
func (e *exchange) bodyAs(want flow.Value) flow.Value {
	switch want.(type) {
	case flow.Buffer:
		return flow.Buffer(e.body)
	case nil, string, *matcher:
		return flow.DecodeUTF8(e.body)
	}
	if v, err := flow.ParseJSON(e.body); err == nil {
		return v
	}
	return flow.DecodeUTF8(e.body)
}
