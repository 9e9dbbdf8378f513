package jsonata

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

func decodeRune(s string) (rune, int) { return utf8.DecodeRuneInString(s) }

// format formats a number by a picture (4.7.5).
func (p *subPicture) format(x float64, s *symbols) string {
	switch {
	case strings.Contains(p.text, s.percent):
		x *= 100
	case strings.Contains(p.text, s.perMille):
		x *= 1000
	}
	exponent := 0
	if p.minExponent > 0 && x != 0 && !math.IsInf(x, 0) && !math.IsNaN(x) {
		highest, lowest := math.Pow10(p.scaling), math.Pow10(p.scaling-1)
		for math.Abs(x) < lowest {
			x *= 10
			exponent--
		}
		for math.Abs(x) > highest {
			x /= 10
			exponent++
		}
	}
	text := strconv.FormatFloat(math.Abs(round(x, p.maxFraction)), 'f', p.maxFraction, 64)
	integer, fraction, _ := strings.Cut(text, ".")
	integer = strings.TrimLeft(integer, "0")
	fraction = strings.TrimRight(fraction, "0")
	integer = zeros(p.minInteger-len(integer)) + integer
	fraction += zeros(p.minFraction - len(fraction))

	var out strings.Builder
	out.WriteString(p.prefix)
	out.WriteString(p.groupInteger(s.digits(integer), s.grouping))
	if strings.Contains(p.text, s.decimal) && fraction != "" {
		out.WriteString(s.decimal)
		out.WriteString(p.groupFraction(s.digits(fraction), s.grouping))
	}
	if p.minExponent > 0 {
		out.WriteString(s.exponent)
		e := strconv.Itoa(max(exponent, -exponent))
		if exponent < 0 {
			out.WriteString(s.minus)
		}
		out.WriteString(string(s.digits(zeros(p.minExponent-len(e)) + e)))
	}
	out.WriteString(p.suffix)
	return out.String()
}

func zeros(n int) string { return strings.Repeat("0", max(n, 0)) }

// digits turns ASCII digits into those of the symbols.
func (s *symbols) digits(text string) []rune {
	out := []rune(text)
	for i, r := range out {
		if r >= '0' && r <= '9' {
			out[i] = s.zero + r - '0'
		}
	}
	return out
}

func (p *subPicture) groupInteger(digits []rune, separator string) string {
	var out strings.Builder
	for i, r := range digits {
		left := len(digits) - i
		if p.regular > 0 {
			if i > 0 && left%p.regular == 0 {
				out.WriteString(separator)
			}
		} else {
			for _, g := range p.groups {
				if g == left {
					out.WriteString(separator)
				}
			}
		}
		out.WriteRune(r)
	}
	return out.String()
}

func (p *subPicture) groupFraction(digits []rune, separator string) string {
	var out strings.Builder
	for i, r := range digits {
		for _, g := range p.fractionGroups {
			if g == i && i > 0 {
				out.WriteString(separator)
			}
		}
		out.WriteRune(r)
	}
	return out.String()
}

// bigInteger formats an integer beyond 64 bits.
func bigInteger(x float64, radix int) string {
	n, _ := big.NewFloat(x).Int(nil)
	return n.Text(radix)
}
