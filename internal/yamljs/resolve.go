package yamljs

import (
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// resolvePlain returns the value of a scalar without quotes and tag, and whether
// it is anything but text.
func resolvePlain(s string) (flow.Value, bool) {
	if v, ok := resolveNull(s); ok {
		return v, true
	}
	if v, ok := resolveBool(s); ok {
		return v, true
	}
	// What begins with none of these is neither a number nor a date.
	if s == "" || !strings.ContainsRune("+-.0123456789", rune(s[0])) {
		return nil, false
	}
	if n, ok := resolveInt(s); ok {
		return n, true
	}
	if n, ok := resolveFloat(s); ok {
		return n, true
	}
	return resolveTimestamp(s)
}

func resolveNull(s string) (flow.Value, bool) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return flow.Null{}, true
	}
	return nil, false
}

func resolveBool(s string) (flow.Value, bool) {
	switch s {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return nil, false
}

// resolveInt reads decimal digits, 0b, 0o and 0x, all with an optional sign.
func resolveInt(s string) (flow.Value, bool) {
	digits := strings.TrimLeft(s[:min(1, len(s))], "+-") + s[min(1, len(s)):]
	base, body := 10, digits
	if len(digits) > 1 && digits[0] == '0' {
		switch digits[1] {
		case 'b':
			base, body = 2, digits[2:]
		case 'o':
			base, body = 8, digits[2:]
		case 'x':
			base, body = 16, digits[2:]
		}
	}
	if body == "" {
		return nil, false
	}
	n := 0.0
	for i := range len(body) {
		d := digitValue(body[i])
		if d >= base {
			return nil, false
		}
		n = n*float64(base) + float64(d)
	}
	if base == 10 && n >= 1<<53 {
		n, _ = strconv.ParseFloat(body, 64) // digit by digit it is inexact
	}
	if math.IsInf(n, 0) {
		return nil, false
	}
	if s[0] == '-' && n != 0 {
		n = -n
	}
	return n, true
}

func digitValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return 99
}

var (
	floatPattern   = regexp.MustCompile(`^(?:[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?)$`)
	infPattern     = regexp.MustCompile(`^[-+]?\.(?:inf|Inf|INF)$`)
	nanPattern     = regexp.MustCompile(`^\.(?:nan|NaN|NAN)$`)
	datePattern    = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)
	instantPattern = regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)` +
		`([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?$`)
)

func resolveFloat(s string) (flow.Value, bool) {
	switch {
	case floatPattern.MatchString(s):
		n, err := strconv.ParseFloat(s, 64)
		return n, err == nil // a number too large is text
	case infPattern.MatchString(s):
		if s[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	case nanPattern.MatchString(s):
		return math.NaN(), true
	}
	return nil, false
}

func resolveTimestamp(s string) (flow.Value, bool) {
	if len(s) < len("2000-1-1") || s[4] != '-' {
		return nil, false
	}
	m := datePattern.FindStringSubmatch(s)
	if m != nil {
		m = append(m, make([]string, 8)...)
	} else if m = instantPattern.FindStringSubmatch(s); m == nil {
		return nil, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // digits or nothing
		return n
	}
	t := time.Date(number(1), time.Month(number(2)), number(3), number(4), number(5), number(6), 0, time.UTC)
	ms, _ := strconv.Atoi((m[7] + "000")[:3])
	offset := time.Duration(number(10))*time.Hour + time.Duration(number(11))*time.Minute
	if m[9] == "-" {
		offset = -offset
	}
	return flow.Date(t.Add(-offset).UnixMilli() + int64(ms)), true
}

func resolveBinary(s string) (flow.Value, bool) {
	s = strings.NewReplacer("\r", "", "\n", "", "=", "").Replace(s)
	b, err := base64.RawStdEncoding.DecodeString(s)
	return flow.Buffer(b), err == nil
}
