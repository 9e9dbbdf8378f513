package jsonata

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

var numberFunctions = []builtin{
	{"number", "<(nsb)-:n>", numberFunction},
	{"floor", "<n-:n>", number1(math.Floor)},
	{"ceil", "<n-:n>", number1(math.Ceil)},
	{"round", "<n-n?:n>", roundFunction},
	{"abs", "<n-:n>", number1(math.Abs)},
	{"sqrt", "<n-:n>", sqrtFunction},
	{"power", "<n-n:n>", powerFunction},
	{"random", "<:n>", randomFunction},
}

// number1 makes a built-in function of a function from number to number.
func number1(fn func(float64) float64) native {
	return func(_ Call, args []any) (any, error) {
		x, ok := args[0].(float64)
		if !ok {
			return nil, nil
		}
		return fn(x), nil
	}
}

func numberFunction(_ Call, args []any) (any, error) {
	switch v := args[0].(type) {
	case nil:
		return nil, nil
	case float64:
		return v, nil
	case bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	case string:
		if x, ok := parseNumber(v); ok {
			return x, nil
		}
	}
	return nil, newError("D3030", args[0]).with("index", 1.0)
}

// parseNumber reads decimal numbers as JSON writes them (leading zeros are
// allowed), and hexadecimal, octal and binary ones with their prefix.
func parseNumber(s string) (float64, bool) {
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		x := flow.Number(s)
		return x, !math.IsNaN(x)
	}
	rest := strings.TrimPrefix(s, "-")
	rest, ok := cutDigits(rest)
	if !ok {
		return 0, false
	}
	if after, found := strings.CutPrefix(rest, "."); found {
		if rest, ok = cutDigits(after); !ok {
			return 0, false
		}
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		if rest, ok = cutDigits(rest); !ok {
			return 0, false
		}
	}
	if rest != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil
}

// cutDigits cuts the digits at the start; there must be one.
func cutDigits(s string) (string, bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[i:], i > 0
}

func roundFunction(_ Call, args []any) (any, error) {
	x, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	precision, _ := args[1].(float64)
	return round(x, int(max(-400, min(precision, 400)))), nil
}

// round rounds half to even at a decimal place. The point is moved in the text
// of the number, because multiplying would not be exact.
func round(x float64, precision int) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	if precision != 0 {
		x = shift(x, precision)
	}
	x = math.RoundToEven(x)
	if precision != 0 && !math.IsInf(x, 0) {
		x = shift(x, -precision)
	}
	return x + 0 // not minus zero
}

// shift moves the decimal point of x.
func shift(x float64, places int) float64 {
	mantissa, exponent, _ := strings.Cut(string(flow.AppendNumber(nil, x)), "e")
	e, _ := strconv.Atoi(exponent)
	out, _ := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(e+places), 64)
	return out
}

func sqrtFunction(_ Call, args []any) (any, error) {
	x, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	if x < 0 {
		return nil, newError("D3060", x).with("index", 1.0)
	}
	return math.Sqrt(x), nil
}

func powerFunction(_ Call, args []any) (any, error) {
	x, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	exp, ok := args[1].(float64)
	if !ok {
		exp = math.NaN()
	}
	y := math.Pow(x, exp)
	if math.IsInf(y, 0) || math.IsNaN(y) {
		return nil, newError("D3061", x).with("index", 1.0).with("exp", exp)
	}
	return y, nil
}

func randomFunction(Call, []any) (any, error) { return rand.Float64(), nil }
