// Package traces sends what a runtime tells of causes and nodes to an
// OpenTelemetry collector: a span for each cause, and below it one for each node
// that got a message of it. Spans name nodes, flows and sessions, and never have
// anything of a message's payload or of an error's text.
//
// The SDK of OpenTelemetry samples, batches and drops what is too much; the
// exporter is a small one of our own (see docs/adr/0009-an-otlp-exporter-of-our-own.md).
package traces

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/flowrun/flowrun/runtime"
)

// textLimit is how long an attribute may be: what a flow calls a session is its
// own affair.
const textLimit = 256

// Options says what is sent where.
type Options struct {
	Endpoint *url.URL    // of the collector, see [ParseEndpoint]
	Headers  http.Header // sent with each request, and never logged; may be nil
	Sample   float64     // the part of the causes that is followed, 0 to 1
	Version  string      // of flowrun
	Log      *slog.Logger
}

// Tracer is a [runtime.Tracer]. Make one with [New], end it with Close.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	exporter *exporter
}

// New returns a tracer that sends from now on. The environment's OTEL_SERVICE_NAME
// and OTEL_RESOURCE_ATTRIBUTES say what the collector is told of this process, and
// OTEL_BSP_… how spans are batched; an error is about them.
func New(o Options) (*Tracer, error) {
	about, err := resource.New(context.Background(), // which it does nothing with
		resource.WithAttributes(attribute.String("service.name", "flowrun"), attribute.String("service.version", o.Version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	limits := sdk.NewSpanLimits()
	limits.AttributeValueLengthLimit = textLimit
	e := newExporter(o)
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(e), sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))),
		sdk.WithResource(about), sdk.WithRawSpanLimits(limits))
	return &Tracer{provider: p, tracer: p.Tracer("github.com/flowrun/flowrun"), exporter: e}, nil
}

// Close sends what waits, until the context ends; what still waits then is lost,
// and the error says so. What comes later is dropped.
func (t *Tracer) Close(ctx context.Context) error {
	defer context.AfterFunc(ctx, t.exporter.giveUp)()
	// It waits for its goroutine: the context ends the exporter, not the wait.
	if err := t.provider.Shutdown(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return ctx.Err()
}

// Cause implements [runtime.Tracer].
func (t *Tracer) Cause(from runtime.Info, came time.Time) runtime.Span {
	ctx, s := t.tracer.Start(context.Background(), name(from), trace.WithTimestamp(came), trace.WithAttributes(about(from)...))
	if !s.IsRecording() {
		return nil
	}
	return &span{Span: s, ctx: ctx, tracer: t.tracer}
}

// span implements [runtime.Span].
type span struct {
	trace.Span
	ctx    context.Context // has it as the parent of others
	tracer trace.Tracer
}

// Node implements [runtime.Span].
func (s *span) Node(at runtime.Info, session string) runtime.Span {
	attributes := about(at)
	if session != "" {
		attributes = append(attributes, attribute.String("session.id", session))
	}
	_, node := s.tracer.Start(s.ctx, name(at), trace.WithAttributes(attributes...))
	return &span{Span: node}
}

// Fail implements [runtime.Span].
func (s *span) Fail(err error) {
	kind := kindOf(err)
	s.SetStatus(codes.Error, kind)
	s.SetAttributes(attribute.String("error.type", kind))
}

// End implements [runtime.Span].
func (s *span) End() { s.Span.End() }

// name is what a span is called: few names, so that they can be compared.
func name(of runtime.Info) string {
	if of.Name == "" {
		return of.Type
	}
	return of.Type + " " + of.Name
}

// about describes a node.
func about(node runtime.Info) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, 5) // room for a session's id
	list = append(list, attribute.String("flowrun.node.id", node.ID), attribute.String("flowrun.node.type", node.Type))
	if node.Name != "" {
		list = append(list, attribute.String("flowrun.node.name", node.Name))
	}
	if node.Flow != "" {
		list = append(list, attribute.String("flowrun.flow", node.Flow))
	}
	return list
}
