package flow

import (
	"math"
	"testing"
)

func TestParseFloat(t *testing.T) {
	for text, want := range map[string]float64{
		" 12.5 deg": 12.5, "-.5x": -.5, "1e3e4": 1000, "1e": 1, "5.": 5, "3-4": 3, "-Infinity!": math.Inf(-1), "0x10": 0, "1.2.3": 1.2,
	} {
		if got := ParseFloat(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "deg", "+-1", ".", "e5", "-"} {
		if got := ParseFloat(text); !math.IsNaN(got) {
			t.Errorf("%q: got %v, want NaN", text, got)
		}
	}
}
