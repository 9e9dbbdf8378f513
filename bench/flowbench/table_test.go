package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := slices.Clone(c.values)
		if got := median(c.values); got != c.want || !slices.Equal(before, c.values) {
			t.Errorf("median of %v is %v, want %v (now %v)", before, got, c.want, c.values)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

// someRows are a row that meets a ratio, one that does not, and one that has a
// value for a target.
func someRows() []row {
	return []row{
		{part: "echo binary", load: inFlight1, unit: cpuUnit, baseline: []float64{4, 5, 6}, flowrun: []float64{6, 5, 6}, peer: []float64{20}},
		{part: "echo line", load: inFlight32, unit: cpuUnit, baseline: []float64{1}, flowrun: []float64{5}},
		{part: "start", load: "<echo>", unit: "ms", flowrun: []float64{123}},
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := writeText(&b, someRows()); err != nil {
		t.Fatal(err)
	}
	want := `flow         load          unit            baseline  flowrun  Node-RED  ratio  of the rounds  Node-RED's ratio  target     met
echo binary  1 in flight   CPU µs/message  5.00      6.00     20.0      1.20   1.00–1.50      4.00              ≤ 1.25     yes
echo line    32 in flight  CPU µs/message  1.00      5.00               5.00   5.00–5.00                        ≤ 2.50     no, +100 %
start        <echo>        ms                        123                                                        ≤ 40.0 ms  no, +208 %
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableWithoutPeers(t *testing.T) {
	if got := markdown(someRows()[1:]); strings.Contains(got, "Node-RED") {
		t.Errorf("an empty column is shown:\n%s", got)
	}
}

func TestMissed(t *testing.T) {
	want := `- echo line, 32 in flight: 5.00 times its baseline, target 2.50 (100 % too much)
- start, <echo>: 123 ms, target 40.0 (208 % too much)
`
	if got := missed(someRows()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := missed(someRows()[:1]); got != "None.\n" {
		t.Errorf("got %q", got)
	}
}

func TestPlots(t *testing.T) {
	for name, p := range (report{rows: someRows()}).plots() {
		svg := p.svg()
		wellFormed(t, svg)
		if bars := strings.Count(svg, `height="12" fill`) - len(p.series); bars < 3 {
			t.Errorf("%s has %d bars", name, bars)
		}
	}
	wellFormed(t, plot{title: "nothing & <none>"}.svg())
}

// wellFormed reads all of an XML text.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestShares(t *testing.T) {
	shares, err := sharesOf(`File: flowrun
Type: cpu
-----------+-------------------------------------------------------
      30ms   internal/runtime/syscall.Syscall6
             syscall.write
             github.com/flowrun/flowrun/runtime/session.(*Session).write
-----------+-------------------------------------------------------
      10ms   runtime.memmove
             github.com/flowrun/flowrun/flow.(*Message).Set
-----------+-------------------------------------------------------
`)
	if err != nil || shares["kernel: write"] != 0.75 || shares["messages and values"] != 0.25 {
		t.Errorf("got %v, %v", shares, err)
	}
	if _, err := sharesOf("-----------+--\n  often   f\n"); err == nil {
		t.Error("a line without a time was accepted")
	}
}
