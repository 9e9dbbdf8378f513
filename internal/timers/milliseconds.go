package timers

import (
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// longest is the longest duration that Milliseconds returns.
const longest = 100 * 365 * 24 * time.Hour

// Milliseconds returns ms milliseconds as a duration of 0 to 100 years; NaN is 0.
func Milliseconds(ms float64) time.Duration {
	if !(ms > 0) {
		return 0
	}
	return time.Duration(min(ms*float64(time.Millisecond), float64(longest)))
}

// FromMessage reads a property of a message that is a number of milliseconds,
// such as msg.delay, as parseFloat of JavaScript does: the number is what the
// value's text starts with. It is not ok if there is none.
func FromMessage(v flow.Value) (ms float64, ok bool) {
	if n, isNumber := v.(float64); isNumber {
		return n, !math.IsNaN(n)
	}
	ms = flow.ParseFloat(flow.Text(v))
	if math.IsNaN(ms) {
		return 0, false
	}
	return ms, true
}
