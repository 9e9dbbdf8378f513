package moment

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// isoDate is what moment.js takes for ISO 8601: a date, week or day of the year,
// with or without a time, with or without a zone.
var isoDate = regexp.MustCompile(`^\s*([+-]\d{6}|\d{4})(?:-?(\d\d)(?:-?(\d\d))?|-?W(\d\d)(?:-?(\d))?|-?(\d{3}))?` +
	`(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?\s*$`)

// otherLayouts are those that JavaScript's Date.parse takes besides.
var otherLayouts = []string{
	"Mon Jan 2 2006 15:04:05 GMT-0700", "Mon Jan 2 2006", "Jan 2, 2006 15:04:05", "Jan 2, 2006", "January 2, 2006 15:04:05",
	"January 2, 2006", "2 January 2006", "1/2/2006 15:04:05", "1/2/2006", "2006/1/2 15:04:05", "2006/1/2",
}

// Parse reads a date as moment(text) does: ISO 8601, RFC 2822, and then what
// browsers take. What has no zone is in the local one. What is no date is
// invalid.
func Parse(text string) *Moment {
	if f := isoDate.FindStringSubmatch(text); f != nil {
		return ofISO(f)
	}
	if t, err := mail.ParseDate(text); err == nil {
		return Of(t.Local())
	}
	if before, _, found := strings.Cut(text, " ("); found {
		text = before // the name of the zone, in brackets
	}
	for _, layout := range otherLayouts {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(text), time.Local); err == nil {
			return Of(t.Local())
		}
	}
	return &Moment{}
}

func ofISO(f []string) *Moment {
	p := fields{month: 1, day: 1, zone: f[11]}
	p.year = number(f[1])
	switch {
	case f[2] != "":
		p.month = number(f[2])
		if f[3] != "" {
			p.day = number(f[3])
		}
	case f[4] != "":
		weekday := 1
		if f[5] != "" {
			weekday = number(f[5])
		}
		monday := time.Date(p.year, 1, 4, 0, 0, 0, 0, time.UTC) // January 4 is in week 1
		monday = monday.AddDate(0, 0, -((int(monday.Weekday()) + 6) % 7))
		t := monday.AddDate(0, 0, 7*(number(f[4])-1)+weekday-1)
		p.year, p.month, p.day = t.Year(), int(t.Month()), t.Day()
	case f[6] != "":
		p.dayOfYear = number(f[6])
	}
	p.hour, p.minute, p.second, p.nanosecond = number(f[7]), number(f[8]), number(f[9]), fraction(f[10])
	return p.moment()
}

// fields are what has been read of a date.
type fields struct {
	year, month, day, dayOfYear      int
	hour, minute, second, nanosecond int
	pm, am                           bool
	zone                             string  // Z or an offset, empty is the local zone
	since                            *Moment // X and x: all there is to know
	hasYear, hasMonth, hasDay, some  bool
}

// moment puts the fields together. It is invalid if there is no such day or
// time.
func (p fields) moment() *Moment {
	if p.since != nil {
		return p.since
	}
	if p.am && p.hour == 12 {
		p.hour = 0
	} else if p.pm && p.hour < 12 {
		p.hour += 12
	}
	if p.dayOfYear > 0 {
		t := time.Date(p.year, 1, p.dayOfYear, 0, 0, 0, 0, time.UTC)
		if t.Year() != p.year {
			return &Moment{}
		}
		p.month, p.day = int(t.Month()), t.Day()
	}
	midnight := p.hour == 24 && p.minute == 0 && p.second == 0 && p.nanosecond == 0
	if p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysIn(time.Date(p.year, time.Month(p.month), 1, 0, 0, 0, 0, time.UTC)) ||
		p.hour > 23 && !midnight || p.minute > 59 || p.second > 59 {
		return &Moment{}
	}
	zone := time.Local
	if p.zone != "" {
		zone = time.FixedZone("", offset(p.zone))
	}
	return Of(time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nanosecond, zone).Local())
}

// offset returns the seconds east of UTC of Z or +hh:mm.
func offset(zone string) int {
	if zone == "Z" || zone == "z" {
		return 0
	}
	digits := strings.ReplaceAll(zone[1:], ":", "")
	seconds := number(digits[:2]) * 3600
	if len(digits) > 2 {
		seconds += number(digits[2:]) * 60
	}
	if zone[0] == '-' {
		return -seconds
	}
	return seconds
}

func number(digits string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(digits, "+"))
	return n
}

// fraction returns nanoseconds of the digits after the point, to the
// millisecond.
func fraction(digits string) int { return number((digits + "000")[:3]) * 1e6 }

// ParseFormat reads a date by a format of moment.js. What the text has between
// the parts that the format names is skipped, as moment.js does unless it is
// strict. Parts that are not named are those of today for the year, and else the
// first or zero.
func ParseFormat(text, format string) *Moment {
	now := time.Now()
	p := fields{year: now.Year(), month: 1, day: 1}
	for format != "" {
		if format[0] == '[' {
			if literal, rest, closed := strings.Cut(format[1:], "]"); closed {
				text = strings.TrimPrefix(text, literal)
				format = rest
				continue
			}
		}
		n := tokenLength(format)
		if n == 0 {
			format = format[1:]
			continue
		}
		token := format[:n]
		format = format[n:]
		if long, ok := localFormats[token]; ok {
			format = long + format
			continue
		}
		at := pattern(token).FindStringIndex(text)
		if at == nil {
			continue
		}
		if !p.take(token, text[at[0]:at[1]]) {
			return &Moment{}
		}
		text = text[at[1]:]
	}
	switch {
	case !p.some:
		return &Moment{}
	case !p.hasYear && !p.hasMonth && !p.hasDay && p.dayOfYear == 0: // a time of today
		p.month, p.day = int(now.Month()), now.Day()
	case !p.hasYear && !p.hasMonth && p.hasDay:
		p.month = int(now.Month())
	}
	return p.moment()
}

// pattern returns what a token matches.
func pattern(token string) *regexp.Regexp {
	switch token {
	case "YYYY", "GGGG", "gggg":
		return digits4
	case "YYYYYY":
		return signed6
	case "DDD", "DDDD":
		return digits3
	case "MMM", "MMMM", "dd", "ddd", "dddd":
		return word
	case "A", "a":
		return meridiem
	case "Z", "ZZ":
		return zoneOffset
	case "X":
		return seconds
	case "x":
		return signedInt
	case "S", "SS", "SSS", "SSSS", "SSSSS", "SSSSSS":
		return anyDigits
	}
	return digits2
}

var (
	digits2    = regexp.MustCompile(`\d{1,2}`)
	digits3    = regexp.MustCompile(`\d{1,3}`)
	digits4    = regexp.MustCompile(`\d{1,4}`)
	signed6    = regexp.MustCompile(`[+-]?\d{1,6}`)
	anyDigits  = regexp.MustCompile(`\d+`)
	signedInt  = regexp.MustCompile(`[+-]?\d+`)
	seconds    = regexp.MustCompile(`[+-]?\d+(?:\.\d{1,3})?`)
	word       = regexp.MustCompile(`\p{L}+`)
	meridiem   = regexp.MustCompile(`(?i)[ap]\.?m?\.?`)
	zoneOffset = regexp.MustCompile(`(?i)z|[+-]\d\d:?\d\d`)
)

// take sets the field that a token stands for; false if the text is none.
func (p *fields) take(token, text string) bool {
	n := number(text)
	p.some = true
	switch token {
	case "YYYY", "YYYYYY":
		p.year, p.hasYear = n, true
		if len(text) == 2 {
			p.year = century(n)
		}
	case "YY":
		p.year, p.hasYear = century(n), true
	case "M", "MM", "Mo":
		p.month, p.hasMonth = n, true
	case "MMM", "MMMM":
		p.month, p.hasMonth = monthOf(text), true
	case "Q":
		p.month, p.hasMonth = 3*(n-1)+1, true
	case "D", "DD", "Do":
		p.day, p.hasDay = n, true
		return n > 0
	case "DDD", "DDDD":
		p.dayOfYear = n
	case "H", "HH", "k", "kk", "h", "hh":
		p.hour = n
	case "m", "mm":
		p.minute = n
	case "s", "ss":
		p.second = n
	case "A", "a":
		p.pm = text[0] == 'p' || text[0] == 'P'
		p.am = !p.pm
	case "Z", "ZZ":
		p.zone = text
	case "X":
		s, err := strconv.ParseFloat(text, 64)
		p.since = FromMillis(s * 1000)
		return err == nil
	case "x":
		ms, err := strconv.ParseFloat(text, 64)
		p.since = FromMillis(ms)
		return err == nil
	default:
		if token[0] == 'S' {
			p.nanosecond = fraction(text)
		}
	}
	return true
}

func century(n int) int {
	if n > 68 {
		return 1900 + n
	}
	return 2000 + n
}

// monthOf returns the number of a month by its name or the first three letters
// of it, 0 if there is none.
func monthOf(name string) int {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(name, m.String()) || strings.EqualFold(name, m.String()[:3]) {
			return int(m)
		}
	}
	return 0
}
