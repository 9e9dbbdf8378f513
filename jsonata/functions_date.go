package jsonata

import (
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
)

var dateFunctions = []builtin{
	{"now", "<s?s?:s>", nowFunction},
	{"millis", "<:n>", millisFunction},
	{"fromMillis", "<n-s?s?:s>", fromMillisFunction},
	{"toMillis", "<s-s?:n>", toMillisFunction},
}

// time returns the moment of the evaluation, the same for all of it.
func (r *run) time() float64 {
	if math.IsNaN(r.now) {
		r.now = float64(time.Now().UnixMilli())
	}
	return r.now
}

func nowFunction(c Call, args []any) (any, error) {
	return formatMoment(c.run.time(), args[0], args[1])
}

func millisFunction(c Call, _ []any) (any, error) { return c.run.time(), nil }

func fromMillisFunction(_ Call, args []any) (any, error) {
	ms, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	return formatMoment(ms, args[1], args[2])
}

// maxMillis is the last moment that JavaScript's dates have (ECMA-262, 21.4.1.1).
const maxMillis = 8.64e15

func formatMoment(ms float64, picture, zone any) (any, error) {
	if math.IsNaN(ms) || math.Abs(ms) > maxMillis {
		return nil, newError("D3110", ms)
	}
	offset := 0
	if z, ok := zone.(string); ok {
		n, _ := leadingInteger(z).(float64)
		if math.IsNaN(n) || math.Abs(n) > 1e6 {
			return nil, newError("D3134", z)
		}
		offset = int(n)/100*60 + int(n)%100
	}
	text, ok := picture.(string)
	if !ok {
		if offset == 0 && ms >= 0 && ms < 2.5e14 {
			return flow.Date(ms).String(), nil
		}
		text = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"
	}
	p, err := parseDatePicture(text)
	if err != nil {
		return nil, err
	}
	return p.format(ms, offset)
}

func toMillisFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	picture, ok := args[1].(string)
	if !ok {
		ms, ok := parseISO(s)
		if !ok {
			return nil, newError("D3110", s)
		}
		return ms, nil
	}
	p, err := parseDatePicture(picture)
	if err != nil {
		return nil, err
	}
	return p.parse(s, c.run.time())
}

// isoLayouts are what $toMillis reads without a picture. Dates alone are UTC,
// times without a zone are local, as in JavaScript (ECMA-262, 21.4.1.32).
var isoLayouts = []struct {
	layout string
	local  bool
}{
	{"2006-01-02T15:04:05Z07:00", false}, {"2006-01-02T15:04:05Z0700", false}, {"2006-01-02T15:04:05", true},
	{"2006-01-02", false}, {"2006-01", false}, {"2006", false},
	{"2006-01T15:04:05Z07:00", false}, {"2006-01T15:04:05", true}, {"2006T15:04:05Z07:00", false}, {"2006T15:04:05", true},
}

func parseISO(s string) (float64, bool) {
	for _, l := range isoLayouts {
		zone := time.UTC
		if l.local {
			zone = time.Local
		}
		if t, err := time.ParseInLocation(l.layout, s, zone); err == nil {
			return float64(t.UnixMilli()), true
		}
	}
	return 0, false
}
