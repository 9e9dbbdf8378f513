package typed

import (
	"errors"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/moment"
	"github.com/flowrun/flowrun/jsonata"
)

// momentOf is $moment: now without an argument, else what the argument says,
// text by the format that may follow.
func momentOf(args []flow.Value) (*moment.Moment, error) {
	if len(args) == 0 || args[0] == nil {
		return moment.Of(time.Now()), nil
	}
	switch v := args[0].(type) {
	case float64:
		return moment.FromMillis(v), nil
	case flow.Date:
		return moment.FromMillis(float64(v)), nil
	case string:
		if len(args) > 1 {
			if format, ok := args[1].(string); ok {
				return moment.ParseFormat(v, format), nil
			}
		}
		return moment.Parse(v), nil
	case flow.Array:
		return momentOfList(v), nil
	case *flow.Object:
		if m := momentIn(v); m != nil {
			return m.Clone(), nil
		}
	}
	return nil, errors.New("$moment takes a number, text, a date or a list of year, month, day …")
}

// momentOfList makes a local moment of year, month from 0, day, hour, minute,
// second, millisecond.
func momentOfList(list flow.Array) *moment.Moment {
	n := [7]int{2: 1}
	for i := range min(len(list), len(n)) {
		v := flow.Number(list[i])
		if math.IsNaN(v) {
			return &moment.Moment{}
		}
		n[i] = int(v)
	}
	return moment.Of(time.Date(n[0], time.Month(n[1]+1), n[2], n[3], n[4], n[5], n[6]*1e6, time.Local))
}

// momentKey holds the moment in the object that expressions see.
const momentKey = "_moment"

// momentIn returns the moment of an object that $moment made, nil for others.
func momentIn(v flow.Value) *moment.Moment {
	if o, ok := v.(*flow.Object); ok {
		m, _ := o.Get(momentKey).(*moment.Moment)
		return m
	}
	return nil
}

// withDates makes dates of the moments in a result: outside of the expression
// nobody can call their methods.
func withDates(v flow.Value) flow.Value {
	if m := momentIn(v); m != nil {
		return flow.Date(m.Millis())
	}
	switch v := v.(type) {
	case flow.Array:
		list := make(flow.Array, len(v))
		for i := range v {
			list[i] = withDates(v[i])
		}
		return list
	case *flow.Object:
		o := &flow.Object{}
		for key, value := range v.All() {
			o.Set(key, withDates(value))
		}
		return o
	}
	return v
}

// method is one method of a moment; self is the object it belongs to.
type method func(m *moment.Moment, self flow.Value, args []flow.Value) (flow.Value, error)

// momentObject returns the object of a moment, with its methods.
func momentObject(m *moment.Moment) (flow.Value, error) {
	o := flow.NewObject(momentKey, m)
	copying := map[string]method{"clone": func(m *moment.Moment, _ flow.Value, _ []flow.Value) (flow.Value, error) {
		return momentObject(m.Clone())
	}}
	for _, group := range []map[string]method{momentReading, momentChanging, momentComparing, copying} {
		for name, call := range group {
			f, err := jsonata.NewFunction(name, "", func(_ jsonata.Call, args []flow.Value) (flow.Value, error) {
				return call(m, o, args)
			})
			if err != nil {
				return nil, err
			}
			o.Set(name, f)
		}
	}
	return o, nil
}

func argument(args []flow.Value, i int) flow.Value {
	if i < len(args) {
		return args[i]
	}
	return nil
}

func textArgument(args []flow.Value, i int) string {
	text, _ := argument(args, i).(string)
	return text
}

// reading returns a method that reads something.
func reading(f func(m *moment.Moment) flow.Value) method {
	return func(m *moment.Moment, _ flow.Value, _ []flow.Value) (flow.Value, error) { return f(m), nil }
}

var momentReading = map[string]method{
	"format": func(m *moment.Moment, _ flow.Value, args []flow.Value) (flow.Value, error) {
		return m.Format(textArgument(args, 0)), nil
	},
	"valueOf":     reading(func(m *moment.Moment) flow.Value { return m.Millis() }),
	"unix":        reading(func(m *moment.Moment) flow.Value { return math.Floor(m.Millis() / 1000) }),
	"toISOString": reading(func(m *moment.Moment) flow.Value { return m.ISO() }),
	"toJSON":      reading(func(m *moment.Moment) flow.Value { return m.ISO() }),
	"toString":    reading(func(m *moment.Moment) flow.Value { return m.Format("ddd MMM DD YYYY HH:mm:ss [GMT]ZZ") }),
	"toDate":      reading(func(m *moment.Moment) flow.Value { return flow.Date(m.Millis()) }),
	"isValid":     reading(func(m *moment.Moment) flow.Value { return m.Valid() }),
	"year":        reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Year()) }),
	"quarter":     reading(func(m *moment.Moment) flow.Value { return float64((m.Time().Month() + 2) / 3) }),
	"month":       reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Month() - 1) }),
	"date":        reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Day()) }),
	"day":         reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Weekday()) }),
	"isoWeekday":  reading(func(m *moment.Moment) flow.Value { return float64((m.Time().Weekday()+6)%7 + 1) }),
	"dayOfYear":   reading(func(m *moment.Moment) flow.Value { return float64(m.Time().YearDay()) }),
	"isoWeek":     reading(func(m *moment.Moment) flow.Value { _, week := m.Time().ISOWeek(); return float64(week) }),
	"hour":        reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Hour()) }),
	"hours":       reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Hour()) }),
	"minute":      reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Minute()) }),
	"minutes":     reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Minute()) }),
	"second":      reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Second()) }),
	"seconds":     reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Second()) }),
	"millisecond": reading(func(m *moment.Moment) flow.Value { return float64(m.Time().Nanosecond() / 1e6) }),
	"utcOffset": reading(func(m *moment.Moment) flow.Value {
		_, seconds := m.Time().Zone()
		return float64(seconds / 60)
	}),
}

// changing returns a method that changes the moment and returns it.
func changing(f func(m *moment.Moment, args []flow.Value) error) method {
	return func(m *moment.Moment, self flow.Value, args []flow.Value) (flow.Value, error) {
		return self, f(m, args)
	}
}

var momentChanging = map[string]method{
	"add":      changing(func(m *moment.Moment, args []flow.Value) error { return addTo(m, args, 1) }),
	"subtract": changing(func(m *moment.Moment, args []flow.Value) error { return addTo(m, args, -1) }),
	"startOf": changing(func(m *moment.Moment, args []flow.Value) error {
		m.StartOf(textArgument(args, 0))
		return nil
	}),
	"endOf": changing(func(m *moment.Moment, args []flow.Value) error {
		m.EndOf(textArgument(args, 0))
		return nil
	}),
	"utc":   changing(func(m *moment.Moment, _ []flow.Value) error { m.In(time.UTC); return nil }),
	"local": changing(func(m *moment.Moment, _ []flow.Value) error { m.In(time.Local); return nil }),
	"tz": changing(func(m *moment.Moment, args []flow.Value) error {
		zone, err := time.LoadLocation(textArgument(args, 0))
		if err == nil {
			m.In(zone)
		}
		return err
	}),
}

// addTo adds a number of a unit, milliseconds without one, or an object with a
// number for each unit.
func addTo(m *moment.Moment, args []flow.Value, sign float64) error {
	if parts, ok := argument(args, 0).(*flow.Object); ok {
		for unit, n := range parts.All() {
			if err := addTo(m, []flow.Value{n, unit}, sign); err != nil {
				return err
			}
		}
		return nil
	}
	unit := textArgument(args, 1)
	if unit == "" {
		unit = "ms"
	}
	n := flow.Number(argument(args, 0))
	if math.IsNaN(n) || moment.Unit(unit) == "" {
		return errors.New("a moment cannot add " + flow.JSON(argument(args, 0)) + " " + unit)
	}
	m.Add(sign*n, unit)
	return nil
}

// comparing returns a method that compares the moment with another.
func comparing(f func(order int) bool) method {
	return func(m *moment.Moment, _ flow.Value, args []flow.Value) (flow.Value, error) {
		other, err := momentOf(args[:min(1, len(args))])
		if err != nil || !m.Valid() || !other.Valid() {
			return false, err
		}
		return f(m.Compare(other, textArgument(args, 1))), nil
	}
}

var momentComparing = map[string]method{
	"isBefore":       comparing(func(order int) bool { return order < 0 }),
	"isSameOrBefore": comparing(func(order int) bool { return order <= 0 }),
	"isSame":         comparing(func(order int) bool { return order == 0 }),
	"isSameOrAfter":  comparing(func(order int) bool { return order >= 0 }),
	"isAfter":        comparing(func(order int) bool { return order > 0 }),
	"diff": func(m *moment.Moment, _ flow.Value, args []flow.Value) (flow.Value, error) {
		other, err := momentOf(args[:min(1, len(args))])
		if err != nil {
			return nil, err
		}
		return m.Diff(other, textArgument(args, 1), flow.Truthy(argument(args, 2))), nil
	},
}
