package jsonata

import (
	"math"
	"strings"
	"time"
)

// format writes the moment ms in a zone that is offset minutes east of UTC.
func (d datePicture) format(ms float64, offset int) (any, error) {
	t := time.UnixMilli(int64(ms)).UTC().Add(time.Duration(offset) * time.Minute)
	var out strings.Builder
	for i := range d {
		p := &d[i]
		if p.component == 0 {
			out.WriteString(p.literal)
			continue
		}
		s, err := p.format(t, offset)
		if err != nil {
			return nil, err
		}
		out.WriteString(s)
	}
	return out.String(), nil
}

func (p *datePart) format(t time.Time, offset int) (string, error) {
	switch p.component {
	case 'Z', 'z':
		return p.formatZone(offset)
	case 'P':
		s := "am"
		if t.Hour() >= 12 {
			s = "pm"
		}
		if p.names && p.letters == upperCase {
			s = strings.ToUpper(s)
		}
		return s, nil
	case 'C', 'E':
		return "ISO", nil
	}
	n := component(t, p.component)
	if p.names {
		names := p.nameList()
		if names == nil {
			return "", newError("D3133", string(rune(p.component)))
		}
		name := names[n-1]
		switch p.letters {
		case upperCase:
			name = strings.ToUpper(name)
		case lowerCase:
			name = strings.ToLower(name)
		}
		return p.cut(name), nil
	}
	if p.integer == nil {
		return "", newError("D3132", string(rune(p.component)))
	}
	x := float64(n)
	if p.component == 'Y' && p.digits >= 0 {
		x = math.Mod(x, math.Pow10(p.digits))
	}
	s, err := p.integer.format(x)
	if err != nil {
		return "", err
	}
	return s.(string), nil
}

func (p *datePart) formatZone(offset int) (string, error) {
	if offset == 0 && p.modifier == 't' {
		return "Z", nil
	}
	hours := int(math.Floor(float64(offset) / 60))
	minutes := offset - hours*60
	if offset < 0 && minutes > 0 { // west of UTC, both parts are negative
		hours, minutes = hours+1, minutes-60
	}
	number := float64(hours*100 + minutes)
	digits := 0
	if p.integer != nil {
		digits = p.integer.mandatory
	}
	var out string
	switch {
	case p.integer == nil:
		return "", newError("D3134", 0.0)
	case p.integer.regular > 0 || digits == 3 || digits == 4:
		s, err := p.integer.format(number)
		if err != nil {
			return "", err
		}
		out = s.(string)
	case digits == 1 || digits == 2:
		s, err := p.integer.format(float64(hours))
		if err != nil {
			return "", err
		}
		out = s.(string)
		if minutes != 0 {
			m := max(minutes, -minutes)
			out += ":" + string([]byte{'0' + byte(m/10), '0' + byte(m%10)})
		}
	default:
		return "", newError("D3134", float64(digits))
	}
	if offset >= 0 {
		out = "+" + out
	}
	if p.component == 'z' {
		out = "GMT" + out
	}
	return out, nil
}

// component returns the number that a component of a picture stands for.
func component(t time.Time, c byte) int {
	switch c {
	case 'Y':
		return t.Year()
	case 'M':
		return int(t.Month())
	case 'D':
		return t.Day()
	case 'd':
		return t.YearDay()
	case 'F':
		return isoWeekday(t)
	case 'W':
		_, week := t.ISOWeek()
		return week
	case 'X':
		year, _ := t.ISOWeek()
		return year
	case 'w':
		_, week := monthWeek(t)
		return week
	case 'x':
		month, _ := monthWeek(t)
		return int(month)
	case 'H':
		return t.Hour()
	case 'h':
		if h := t.Hour() % 12; h > 0 {
			return h
		}
		return 12
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	case 'f':
		return t.Nanosecond() / int(time.Millisecond)
	}
	return 0
}

func isoWeekday(t time.Time) int {
	if d := int(t.Weekday()); d > 0 {
		return d
	}
	return 7
}

// monthWeek returns the month and the week in it. A week belongs to the month
// that its Thursday is in, as ISO 8601 has it for years.
func monthWeek(t time.Time) (time.Month, int) {
	thursday := t.AddDate(0, 0, 4-isoWeekday(t))
	return thursday.Month(), (thursday.Day()-1)/7 + 1
}
