package traces

import (
	"encoding/json"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// The types below are the ExportTraceServiceRequest of OTLP as JSON: ids are hex,
// 64-bit numbers are text, enumerations are numbers. See
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
type request struct {
	ResourceSpans []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource   jsonResource `json:"resource"`
	ScopeSpans []scopeSpans `json:"scopeSpans"`
}

type jsonResource struct {
	Attributes []keyValue `json:"attributes"`
}

type scopeSpans struct {
	Scope scope      `json:"scope"`
	Spans []jsonSpan `json:"spans"`
}

type scope struct {
	Name string `json:"name"`
}

type jsonSpan struct {
	TraceID      string      `json:"traceId"`
	SpanID       string      `json:"spanId"`
	ParentSpanID string      `json:"parentSpanId,omitempty"`
	Name         string      `json:"name"`
	Kind         int         `json:"kind"`
	Start        string      `json:"startTimeUnixNano"`
	End          string      `json:"endTimeUnixNano"`
	Attributes   []keyValue  `json:"attributes"`
	Status       *jsonStatus `json:"status,omitempty"`
}

type jsonStatus struct {
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
}

type keyValue struct {
	Key   string `json:"key"`
	Value struct {
		Text string `json:"stringValue"`
	} `json:"value"`
}

const statusError = 2 // STATUS_CODE_ERROR

// encode returns the request for spans of one tracer, at least one.
func encode(spans []sdk.ReadOnlySpan) ([]byte, error) {
	list := make([]jsonSpan, len(spans))
	for i, s := range spans {
		list[i] = jsonSpan{
			TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(),
			Name: s.Name(), Kind: int(s.SpanKind()), // they have OTLP's numbers
			Start: nanoseconds(s.StartTime()), End: nanoseconds(s.EndTime()),
			Attributes: keyValues(s.Attributes()),
		}
		if s.Parent().HasSpanID() {
			list[i].ParentSpanID = s.Parent().SpanID().String()
		}
		if status := s.Status(); status.Code == codes.Error {
			list[i].Status = &jsonStatus{statusError, status.Description}
		}
	}
	return json.Marshal(request{[]resourceSpans{{
		Resource:   jsonResource{keyValues(spans[0].Resource().Attributes())},
		ScopeSpans: []scopeSpans{{scope{spans[0].InstrumentationScope().Name}, list}},
	}}})
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// keyValues encodes attributes, which are all text.
func keyValues(attributes []attribute.KeyValue) []keyValue {
	list := make([]keyValue, len(attributes))
	for i, a := range attributes {
		list[i].Key = string(a.Key)
		list[i].Value.Text = a.Value.AsString()
	}
	return list
}
