package moment

import (
	"math"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/recorded"
)

// TestRecorded compares with what moment.js 2 answered, in Berlin's zone, which
// has summer time.
func TestRecorded(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("this system has no time zones: ", err)
	}
	local := time.Local
	time.Local = berlin
	t.Cleanup(func() { time.Local = local })
	const exactly = "YYYY-MM-DDTHH:mm:ss.SSSZ"
	text := func(c *flow.Object, key string) string { s, _ := c.Get(key).(string); return s }
	for _, c := range recorded.Cases(t, "moment.ndjson") {
		at := Parse(text(c, "at"))
		unit := text(c, "unit")
		var got flow.Value
		want := c.Get("want")
		switch text(c, "do") {
		case "parse":
			got = orNull(Parse(text(c, "text")))
		case "parseFormat":
			m := ParseFormat(text(c, "text"), text(c, "format"))
			if got = orNull(m); c.Get("today") == true && m.Valid() {
				got = m.Format("HH:mm:ss.SSS")
			}
		case "add":
			at.Add(flow.Number(c.Get("n")), unit)
			got = at.Format(exactly)
		case "startOf":
			at.StartOf(unit)
			got = at.Format(exactly)
		case "endOf":
			at.EndOf(unit)
			got = at.Format(exactly)
		case "same":
			got = at.Compare(Parse(text(c, "other")), unit) == 0
		case "diff":
			other := Parse(text(c, "other"))
			got = at.Diff(other, unit, false)
			if exact := at.Diff(other, unit, true); math.Abs(exact-flow.Number(c.Get("exact"))) > 1e-9 {
				t.Errorf("%s: exactly %v", flow.JSON(c), exact)
			}
		}
		if got != want {
			t.Errorf("%s: got %v", flow.JSON(c), got)
		}
	}
}

func orNull(m *Moment) flow.Value {
	if !m.Valid() {
		return flow.Null{}
	}
	return m.Millis()
}
