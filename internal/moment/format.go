package moment

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Format prints t by a format of moment.js in English:
// YYYY-MM-DD HH:mm:ss, "dddd, Do MMMM", [literal text] and so on. What is no
// token stands for itself.
func Format(t time.Time, format string) string {
	var out strings.Builder
	for format != "" {
		if format[0] == '[' {
			if text, rest, closed := strings.Cut(format[1:], "]"); closed {
				out.WriteString(text)
				format = rest
				continue
			}
		}
		n := tokenLength(format)
		if n == 0 {
			n = 1
			out.WriteByte(format[0])
		} else {
			out.WriteString(formatToken(t, format[:n]))
		}
		format = format[n:]
	}
	return out.String()
}

// longestToken is the length of the longest token, YYYYYY.
const longestToken = 6

// tokens lists what formatToken knows.
const tokens = " M Mo MM MMM MMMM Q Qo D Do DD DDD DDDo DDDD d do dd ddd dddd e E w wo ww W Wo WW" +
	" YY YYYY YYYYYY gg gggg GG GGGG A a H HH h hh k kk m mm s ss S SS SSS SSSS SSSSS SSSSSS" +
	" Z ZZ z zz X x LT LTS L LL LLL LLLL l ll lll llll "

// tokenLength returns the length of the token at the start of format, 0 if
// there is none.
func tokenLength(format string) int {
	for n := min(longestToken, len(format)); n > 0; n-- {
		if !strings.Contains(format[:n], " ") && strings.Contains(tokens, " "+format[:n]+" ") {
			return n
		}
	}
	return 0
}

func formatToken(t time.Time, token string) string {
	isoYear, isoWeek := t.ISOWeek()
	year, week := localeWeek(t)
	switch token {
	case "M", "MM":
		return pad(int(t.Month()), len(token))
	case "MMM":
		return t.Month().String()[:3]
	case "MMMM":
		return t.Month().String()
	case "Mo":
		return ordinal(int(t.Month()))
	case "Q", "Qo":
		q := (int(t.Month()) + 2) / 3
		if token == "Qo" {
			return ordinal(q)
		}
		return strconv.Itoa(q)
	case "D", "DD":
		return pad(t.Day(), len(token))
	case "Do":
		return ordinal(t.Day())
	case "DDD":
		return strconv.Itoa(t.YearDay())
	case "DDDD":
		return pad(t.YearDay(), 3)
	case "DDDo":
		return ordinal(t.YearDay())
	case "d", "e":
		return strconv.Itoa(int(t.Weekday()))
	case "do":
		return ordinal(int(t.Weekday()))
	case "dd":
		return t.Weekday().String()[:2]
	case "ddd":
		return t.Weekday().String()[:3]
	case "dddd":
		return t.Weekday().String()
	case "E":
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case "w", "ww":
		return pad(week, len(token))
	case "wo":
		return ordinal(week)
	case "W", "WW":
		return pad(isoWeek, len(token))
	case "Wo":
		return ordinal(isoWeek)
	case "YY":
		return pad(t.Year()%100, 2)
	case "YYYY":
		return pad(t.Year(), 4)
	case "YYYYYY":
		return fmt.Sprintf("%+07d", t.Year())
	case "gg":
		return pad(year%100, 2)
	case "gggg":
		return pad(year, 4)
	case "GG":
		return pad(isoYear%100, 2)
	case "GGGG":
		return pad(isoYear, 4)
	case "A":
		return t.Format("PM")
	case "a":
		return t.Format("pm")
	case "H", "HH":
		return pad(t.Hour(), len(token))
	case "h", "hh":
		return pad((t.Hour()+11)%12+1, len(token))
	case "k", "kk":
		return pad((t.Hour()+23)%24+1, len(token))
	case "m", "mm":
		return pad(t.Minute(), len(token))
	case "s", "ss":
		return pad(t.Second(), len(token))
	case "S", "SS", "SSS", "SSSS", "SSSSS", "SSSSSS":
		return (pad(t.Nanosecond()/1e6, 3) + "000")[:len(token)]
	case "Z":
		return t.Format("-07:00")
	case "ZZ":
		return t.Format("-0700")
	case "z", "zz":
		return "" // a local moment has no zone name
	case "X":
		return strconv.FormatInt(t.Unix(), 10)
	case "x":
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return Format(t, localFormats[token])
}

// localFormats are moment's long date formats for English.
var localFormats = map[string]string{
	"LT": "h:mm A", "LTS": "h:mm:ss A",
	"L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "LLL": "MMMM D, YYYY h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A",
	"l": "M/D/YYYY", "ll": "MMM D, YYYY", "lll": "MMM D, YYYY h:mm A", "llll": "ddd, MMM D, YYYY h:mm A",
}

func pad(n, width int) string { return fmt.Sprintf("%0*d", width, n) }

func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// localeWeek returns the English week: weeks start on Sunday, and the one with
// January 1 is the first.
func localeWeek(t time.Time) (year, week int) {
	saturday := t.AddDate(0, 0, 6-int(t.Weekday())) // its year is the week's year
	return saturday.Year(), (saturday.YearDay()-1)/7 + 1
}
