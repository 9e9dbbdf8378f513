package traces

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/flowrun/flowrun/internal/backoff"
)

// The limits of one request. A batch with its retries has as long as the SDK
// gives it, 30 seconds if nobody says otherwise.
const (
	requestTimeout = 10 * time.Second
	firstRetry     = time.Second
	lastRetry      = 8 * time.Second
	answerLimit    = 64 << 10 // bytes
)

// exporter posts batches of spans to a collector by OTLP over HTTP, as JSON. It
// implements [sdk.SpanExporter]. The SDK calls it from one goroutine at a time.
type exporter struct {
	url     string
	headers http.Header
	client  *http.Client
	log     *slog.Logger

	ctx    context.Context // ends when it is to give up
	giveUp context.CancelFunc

	failing bool // the last batch did not arrive
	lost    int  // spans since it fails
}

func newExporter(o Options) *exporter {
	headers := o.Headers.Clone()
	if headers == nil {
		headers = http.Header{}
	}
	headers.Set("Content-Type", "application/json")
	if headers.Get("User-Agent") == "" {
		headers.Set("User-Agent", "flowrun/"+o.Version)
	}
	e := &exporter{url: o.Endpoint.String(), headers: headers, log: o.Log}
	e.ctx, e.giveUp = context.WithCancel(context.Background())
	e.client = &http.Client{
		Timeout:   requestTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute},
		// The headers are for the collector, not for where it would send us.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e
}

// ExportSpans implements [sdk.SpanExporter]. It returns no errors, for the SDK
// would print each: it logs that the collector is lost, and that it is back.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := encode(spans)
	if err == nil {
		err = e.send(ctx, body)
	}
	if err != nil {
		e.lost += len(spans)
		if !e.failing && e.ctx.Err() == nil {
			e.log.Warn("traces do not reach the collector of --otlp; the flows go on without", "to", e.url, "error", err)
		}
	} else if e.failing {
		e.log.Info("traces reach the collector of --otlp again", "to", e.url, "spans lost", e.lost)
		e.lost = 0
	}
	e.failing = err != nil
	return nil
}

// Shutdown implements [sdk.SpanExporter].
func (e *exporter) Shutdown(context.Context) error {
	e.giveUp()
	e.client.CloseIdleConnections()
	return nil
}

// send posts a batch, again and again while the collector asks for that.
func (e *exporter) send(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	delays := backoff.Delays{First: firstRetry, Max: lastRetry}
	for {
		err := e.post(ctx, body)
		busy, ok := errors.AsType[*busyError](err)
		if !ok {
			return err
		}
		delay := max(delays.Next(), busy.after)
		if end, ok := ctx.Deadline(); ok && time.Until(end) < delay {
			return err
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return err
		}
	}
}

// busyError says that the collector wants the batch later.
type busyError struct {
	status int
	after  time.Duration // at the earliest
}

func (e *busyError) Error() string { return answered(e.status) }

func answered(status int) string {
	return fmt.Sprintf("it answered %d %s", status, http.StatusText(status))
}

func (e *exporter) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = e.headers.Clone()
	answer, err := e.client.Do(r)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the URL is logged beside it
		}
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	switch status := answer.StatusCode; status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // without a number there is no wish
		return &busyError{status, time.Duration(seconds) * time.Second}
	default:
		if status/100 != 2 {
			return errors.New(answered(status))
		}
	}
	if err != nil {
		return err
	}
	return rejected(text)
}

// rejected reads from the answer to a batch how many of its spans the collector
// did not want. Its words are not repeated.
func rejected(answer []byte) error {
	var a struct {
		PartialSuccess struct {
			Rejected json.Number `json:"rejectedSpans"` // a number or text
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return nil // it has taken them, whatever it says
	}
	if n := a.PartialSuccess.Rejected; n != "" && n != "0" {
		return fmt.Errorf("it refused %s spans of a batch", n)
	}
	return nil
}
