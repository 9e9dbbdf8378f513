package jsonata

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flowrun/flowrun/internal/jsregexp"
)

// parse reads a moment as the picture writes it. What is missing at the front is
// taken from now, at the end it is the start of the day, hour and so on. The
// result is nil if the text does not match.
func (d datePicture) parse(s string, now float64) (any, error) {
	pattern, err := d.pattern()
	if err != nil {
		return nil, err
	}
	re, err := jsregexp.Compile(pattern, "i")
	if err != nil {
		return nil, newError("D3132", pattern)
	}
	found, err := re.FindAll(s, 1)
	if err != nil || len(found) == 0 {
		return nil, nil //nolint:nilerr // a text that takes too long to match does not match
	}
	fields := map[byte]float64{}
	for i := range d {
		p := &d[i]
		if p.component == 0 {
			continue
		}
		at := found[0][2*i+2:]
		if at[0] < 0 {
			continue
		}
		x, err := p.parse(s[at[0]:at[1]])
		if err != nil {
			return nil, err
		}
		if !math.IsNaN(x) {
			fields[p.component] = x
		}
	}
	if len(fields) == 0 {
		return nil, nil
	}
	return moment(fields, now)
}

// pattern returns a regular expression with a group for each part.
func (d datePicture) pattern() (string, error) {
	var out strings.Builder
	out.WriteByte('^')
	for i := range d {
		part, err := d[i].pattern()
		if err != nil {
			return "", err
		}
		out.WriteString("(" + part + ")")
	}
	out.WriteByte('$')
	return out.String(), nil
}

func (p *datePart) pattern() (string, error) {
	switch {
	case p.component == 0:
		return jsregexp.Quote(p.literal), nil
	case p.isZone():
		if p.integer == nil {
			return "", newError("D3133", string(rune(p.component)))
		}
		out := "[-+][0-9]+"
		if p.component == 'z' {
			out = "GMT" + out
		}
		if p.integer.regular > 0 {
			out += jsregexp.Quote(string(p.integer.separators[0].char)) + "[0-9]+"
		}
		return out, nil
	case p.component == 'f':
		return "[0-9]+", nil
	case p.integer != nil:
		return p.integer.pattern()
	case p.component == 'P' || p.nameList() != nil:
		return "[a-zA-Z]+", nil
	}
	return "", newError("D3133", string(rune(p.component)))
}

// parse reads one component; NaN if it is no such name or number.
func (p *datePart) parse(s string) (float64, error) {
	switch {
	case p.isZone():
		return p.parseZone(s), nil
	case p.component == 'f':
		x, _ := strconv.ParseFloat("0."+s[:min(len(s), 3)], 64)
		return x * 1000, nil
	case p.integer != nil:
		v, err := p.integer.parse(s)
		if err != nil {
			return 0, err
		}
		return v.(float64), nil
	case p.component == 'P':
		switch strings.ToLower(s) {
		case "am":
			return 0, nil
		case "pm":
			return 1, nil
		}
		return math.NaN(), nil
	}
	for i, name := range p.nameList() {
		if p.cut(name) == s || strings.EqualFold(p.cut(name), s) {
			return float64(i + 1), nil
		}
	}
	return math.NaN(), nil
}

// parseZone reads an offset from UTC, in minutes.
func (p *datePart) parseZone(s string) float64 {
	s = strings.TrimPrefix(strings.ToUpper(s), "GMT")
	hours, minutes := s, ""
	switch {
	case p.integer.regular > 0:
		hours, minutes, _ = strings.Cut(s, string(p.integer.separators[0].char))
	case len(s) > 3:
		hours, minutes = s[:3], s[3:]
	}
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	if strings.HasPrefix(hours, "-") {
		m = -m
	}
	return float64(h*60 + m)
}

// dateForms and timeForms are the components that may stand together, the most
// significant first.
var (
	dateForms = []string{"YMD", "Yd", "XxwF", "XWF"}
	timeForms = []string{"Hmsf", "Phmsf"}
)

// moment makes a moment of the components that were read.
func moment(fields map[byte]float64, now float64) (any, error) {
	date, clock := pickForm(fields, dateForms, "YXMxWwdD"), pickForm(fields, timeForms, "PHhmsf")
	if date == "XxwF" || date == "XWF" {
		return nil, newError("D3136", nil) // weeks are not read
	}
	current := time.UnixMilli(int64(now)).UTC()
	started, ended := false, false
	for _, c := range []byte(date + clock) {
		_, given := fields[c]
		switch {
		case given && ended:
			return nil, newError("D3136", nil)
		case given:
			started = true
		case started:
			ended = true
			if strings.IndexByte("MDd", c) >= 0 {
				fields[c] = 1
			} else {
				fields[c] = 0
			}
		case c == 'P':
			fields[c] = float64(current.Hour() / 12)
		default:
			fields[c] = float64(component(current, c))
		}
	}
	for c, x := range fields {
		if math.Abs(x) > 1e7 {
			return nil, newError("D3132", string(rune(c)))
		}
	}
	hour := fields['H']
	if clock == "Phmsf" {
		hour = math.Mod(fields['h'], 12) + 12*fields['P']
	}
	month, day := fields['M'], fields['D']
	if date == "Yd" {
		month, day = 1, fields['d']
	}
	year := int(fields['Y'])
	if year >= 0 && year < 100 {
		year += 1900 // as JavaScript's Date.UTC has it
	}
	t := time.Date(year, time.Month(int(max(month, 1))), int(day), int(hour), int(fields['m']), int(fields['s']), 0, time.UTC)
	zone := fields['Z']
	if zone == 0 {
		zone = fields['z']
	}
	return float64(t.UnixMilli()) + math.Trunc(fields['f']) - zone*60_000, nil
}

// pickForm returns the form whose components were read: some of them, and none
// that it does not have. The first form is that of nothing.
func pickForm(fields map[byte]float64, forms []string, all string) string {
	for _, form := range forms {
		some, others := false, false
		for _, c := range []byte(all) {
			if x, ok := fields[c]; ok && x != 0 {
				if strings.IndexByte(form, c) >= 0 {
					some = true
				} else {
					others = true
				}
			}
		}
		if some && !others {
			return form
		}
	}
	return forms[0]
}
