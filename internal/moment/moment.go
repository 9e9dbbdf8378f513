// Package moment has the part of moment.js that flows use: parsing, formatting
// and reckoning with dates, in English and in the local time zone unless another
// is asked for.
package moment

import (
	"math"
	"strings"
	"time"
)

// Moment is a point in time that its methods change, as moment.js has it. The
// zero Moment is an invalid date.
type Moment struct {
	t     time.Time
	valid bool
}

// Of returns the moment of t, shown in t's zone.
func Of(t time.Time) *Moment { return &Moment{t, true} }

// FromMillis returns the local moment of milliseconds since 1970; what is no
// number is invalid.
func FromMillis(ms float64) *Moment {
	if math.IsNaN(ms) || math.Abs(ms) > 8.64e15 { // what a JavaScript date can hold
		return &Moment{}
	}
	return Of(time.UnixMilli(int64(ms)))
}

// Clone returns a copy.
func (m *Moment) Clone() *Moment { c := *m; return &c }

// Valid tells whether the moment is a date.
func (m *Moment) Valid() bool { return m.valid }

// Time returns the moment as a time.Time.
func (m *Moment) Time() time.Time { return m.t }

// Millis returns milliseconds since 1970, NaN for an invalid date.
func (m *Moment) Millis() float64 {
	if !m.valid {
		return math.NaN()
	}
	return float64(m.t.UnixMilli())
}

// Format prints the moment by a format of moment.js; an empty one is ISO 8601
// with the zone's offset.
func (m *Moment) Format(format string) string {
	switch {
	case !m.valid:
		return "Invalid date"
	case format == "":
		format = "YYYY-MM-DDTHH:mm:ssZ"
	}
	return Format(m.t, format)
}

// ISO prints the moment in UTC as Date.prototype.toISOString does.
func (m *Moment) ISO() string {
	if !m.valid {
		return "Invalid date"
	}
	return m.t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// In shows the moment in another zone.
func (m *Moment) In(zone *time.Location) { m.t = m.t.In(zone) }

// Unit returns the full name of a unit of time: of d, day, days and date it is
// day. It is empty for what is no unit.
func Unit(name string) string {
	switch name { // these two differ by case only
	case "M":
		return "month"
	case "m":
		return "minute"
	}
	name = strings.ToLower(name)
	if short, ok := units[name]; ok {
		return short
	}
	return units[strings.TrimSuffix(name, "s")]
}

var units = map[string]string{
	"ms": "millisecond", "millisecond": "millisecond", "s": "second", "second": "second", "minute": "minute",
	"h": "hour", "hour": "hour", "d": "day", "day": "day", "date": "day", "w": "week", "week": "week",
	"isoweek": "isoweek", "month": "month", "q": "quarter", "quarter": "quarter", "y": "year", "year": "year",
}

// fixed are the units that always last as long.
var fixed = map[string]time.Duration{
	"millisecond": time.Millisecond, "second": time.Second, "minute": time.Minute, "hour": time.Hour,
}

// Add adds n of a unit. Days and longer units keep the time of day, and months
// the day if the month has it.
func (m *Moment) Add(n float64, unit string) {
	unit = Unit(unit)
	whole := int(math.Round(n))
	switch unit {
	case "day":
		m.t = m.t.AddDate(0, 0, whole)
	case "week", "isoweek":
		m.t = m.t.AddDate(0, 0, int(math.Round(7*n)))
	case "month":
		m.addMonths(whole)
	case "quarter":
		m.addMonths(int(math.Round(3 * n)))
	case "year":
		m.addMonths(int(math.Round(12 * n)))
	default:
		m.t = m.t.Add(time.Duration(n * float64(fixed[unit])))
	}
}

func (m *Moment) addMonths(n int) {
	first := m.t.AddDate(0, n, 1-m.t.Day())
	m.t = first.AddDate(0, 0, min(m.t.Day(), daysIn(first))-1)
}

func daysIn(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// StartOf goes back to the beginning of a unit: of the day, of the week (Sunday;
// of isoWeek Monday), and so on.
func (m *Moment) StartOf(unit string) {
	t := m.t
	year, month, day := t.Date()
	hour, minute, second, ms := t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1e6*1e6
	switch Unit(unit) {
	case "second":
		ms = 0
	case "minute":
		second, ms = 0, 0
	case "hour":
		minute, second, ms = 0, 0, 0
	case "week":
		day -= int(t.Weekday())
	case "isoweek":
		day -= (int(t.Weekday()) + 6) % 7
	case "month":
		day = 1
	case "quarter":
		month, day = (month-1)/3*3+1, 1
	case "year":
		month, day = 1, 1
	case "day":
	default:
		return
	}
	if _, short := fixed[Unit(unit)]; !short {
		hour, minute, second, ms = 0, 0, 0, 0
	}
	m.t = time.Date(year, month, day, hour, minute, second, ms, t.Location())
}

// EndOf goes on to the last millisecond of a unit.
func (m *Moment) EndOf(unit string) {
	m.StartOf(unit)
	m.Add(1, unit)
	m.t = m.t.Add(-time.Millisecond)
}

// Diff returns how many of a unit lie between other and the moment, milliseconds
// if the unit is empty. It is cut to a whole number unless it is to be exact.
func (m *Moment) Diff(other *Moment, unit string, exact bool) float64 {
	if !m.valid || !other.valid {
		return math.NaN()
	}
	_, offset := m.t.Zone()
	_, otherOffset := other.t.In(m.t.Location()).Zone()
	span := m.Millis() - other.Millis()
	days := (span + float64(offset-otherOffset)*1000) / 864e5
	var n float64
	switch unit := Unit(unit); unit {
	case "day":
		n = days
	case "week", "isoweek":
		n = days / 7
	case "month":
		n = monthsBetween(m.t, other.t)
	case "quarter":
		n = monthsBetween(m.t, other.t) / 3
	case "year":
		n = monthsBetween(m.t, other.t) / 12
	case "":
		n = span
	default:
		n = span / float64(fixed[unit].Milliseconds())
	}
	if !exact {
		n = math.Trunc(n)
	}
	return n + 0 // no -0
}

// monthsBetween counts whole months, and the rest as a part of the month in
// which it lies.
func monthsBetween(a, b time.Time) float64 {
	b = b.In(a.Location())
	if a.Day() < b.Day() {
		return -monthsBetween(b, a)
	}
	whole := (b.Year()-a.Year())*12 + int(b.Month()-a.Month())
	anchor, next := Of(a), Of(a)
	anchor.addMonths(whole)
	if b.Before(anchor.t) {
		next.addMonths(whole - 1)
		return -(float64(whole) + float64(b.Sub(anchor.t))/float64(anchor.t.Sub(next.t)))
	}
	next.addMonths(whole + 1)
	return -(float64(whole) + float64(b.Sub(anchor.t))/float64(next.t.Sub(anchor.t)))
}

// Compare compares the beginnings of the unit in which the two lie, or the two
// themselves if the unit is empty.
func (m *Moment) Compare(other *Moment, unit string) int {
	a, b := m.Clone(), other.Clone()
	if unit != "" {
		b.t = b.t.In(a.t.Location())
		a.StartOf(unit)
		b.StartOf(unit)
	}
	return a.t.Truncate(time.Millisecond).Compare(b.t.Truncate(time.Millisecond))
}
