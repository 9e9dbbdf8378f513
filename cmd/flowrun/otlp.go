package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/admin/traces"
)

// otlpHeadersEnv is the environment variable that has what a collector of traces
// wants to know of who sends them.
const otlpHeadersEnv = "OTEL_EXPORTER_OTLP_HEADERS"

// otlp is where traces go: its flags, and what they stand for.
type otlp struct {
	to     string // "" for nowhere
	sample float64

	endpoint *url.URL
	headers  http.Header
}

func (o *otlp) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.to, "otlp", "", "send a trace of all that comes in to an OpenTelemetry collector at this `URL`, such as http://127.0.0.1:4318 (OTLP over HTTP, JSON); headers for it are in "+otlpHeadersEnv)
	f.Float64Var(&o.sample, "otlp-sample", 1, "which `PART` of what comes in has a trace, from 0 to 1")
}

// read reads the flags, and the headers from the environment, where flows and the
// programs that they start do not find them any more.
func (o *otlp) read() (err error) {
	if !(o.sample >= 0 && o.sample <= 1) {
		return usagef("--otlp-sample %g: must be from 0 to 1", o.sample)
	}
	if o.to == "" {
		return nil
	}
	if o.endpoint, err = traces.ParseEndpoint(o.to); err != nil {
		return usagef("--otlp: %w", err)
	}
	if o.headers, err = traces.ParseHeaders(os.Getenv(otlpHeadersEnv)); err != nil {
		return usagef("%s: %w", otlpHeadersEnv, err)
	}
	if err := os.Unsetenv(otlpHeadersEnv); err != nil {
		return fmt.Errorf("%s: %w", otlpHeadersEnv, err)
	}
	return nil
}

// open begins to send; nil without a collector.
func (o *otlp) open(log *slog.Logger) (*traces.Tracer, error) {
	if o.endpoint == nil {
		return nil, nil
	}
	log.Info("traces", "to", o.endpoint.String(), "sample", o.sample)
	return traces.New(traces.Options{Endpoint: o.endpoint, Headers: o.headers, Sample: o.sample, Version: version, Log: log})
}
