package jsonata

import (
	"math"
	"slices"
	"strings"
)

var (
	smallWords = []string{
		"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
		"Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
	}
	smallOrdinals = []string{
		"Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
		"Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
	}
	tensWords  = []string{"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"}
	magnitudes = []string{"Thousand", "Million", "Billion", "Trillion"}

	wordValues = makeWordValues()
)

func makeWordValues() map[string]float64 {
	out := map[string]float64{"hundred": 100, "hundredth": 100}
	for i := range smallWords {
		out[strings.ToLower(smallWords[i])] = float64(i)
		out[strings.ToLower(smallOrdinals[i])] = float64(i)
	}
	for i, word := range tensWords {
		word = strings.ToLower(word)
		out[word] = float64(i+2) * 10
		out[strings.TrimSuffix(word, "y")+"ieth"] = float64(i+2) * 10
	}
	for i, word := range magnitudes {
		word = strings.ToLower(word)
		out[word] = math.Pow10(3 * (i + 1))
		out[word+"th"] = math.Pow10(3 * (i + 1))
	}
	return out
}

// numberWords returns the words of numbers, the longer ones first, so that a
// regular expression of them does not stop at "six" of "sixteen".
func numberWords() []string {
	out := make([]string, 0, len(wordValues))
	for word := range wordValues {
		out = append(out, word)
	}
	slices.SortFunc(out, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return out
}

// toWords writes an integer in English words.
func toWords(x float64, ordinal bool) string { return wordsAfter(x, false, ordinal) }

// wordsAfter writes x; follows says that larger words stand before it.
func wordsAfter(x float64, follows, ordinal bool) string {
	join := func(s string) string {
		if follows {
			return s
		}
		return ""
	}
	switch {
	case x < 20:
		words := smallWords
		if ordinal {
			words = smallOrdinals
		}
		return join(" and ") + words[int(x)]
	case x < 100:
		out := join(" and ") + tensWords[int(x)/10-2]
		if rest := int(x) % 10; rest > 0 {
			return out + "-" + wordsAfter(float64(rest), false, ordinal)
		}
		if ordinal {
			return strings.TrimSuffix(out, "y") + "ieth"
		}
		return out
	case x < 1000:
		return join(", ") + smallWords[int(x)/100] + " Hundred" + restWords(math.Mod(x, 100), ordinal)
	}
	magnitude := min(int(math.Floor(math.Log10(x)/3)), len(magnitudes))
	if math.Pow10(3*magnitude) > x { // Log10 rounds
		magnitude--
	}
	factor := math.Pow10(3 * magnitude)
	many := math.Floor(x / factor)
	return join(", ") + wordsAfter(many, false, false) + " " + magnitudes[magnitude-1] +
		restWords(x-many*factor, ordinal)
}

func restWords(rest float64, ordinal bool) string {
	switch {
	case rest > 0:
		return wordsAfter(rest, true, ordinal)
	case ordinal:
		return "th"
	}
	return ""
}

// fromWords reads what toWords writes, in lower case.
func fromWords(s string) float64 {
	s = strings.NewReplacer(", ", " ", " and ", " ", "-", " ", "\\", " ").Replace(s)
	segments := []float64{0}
	for word := range strings.FieldsSeq(s) {
		x, ok := wordValues[word]
		if !ok {
			return math.NaN()
		}
		last := &segments[len(segments)-1]
		switch {
		case x >= 100:
			*last *= x
		case *last >= 1000:
			segments = append(segments, x)
		default:
			*last += x
		}
	}
	sum := 0.0
	for _, x := range segments {
		sum += x
	}
	return sum
}

var romanNumerals = []struct {
	value int
	text  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"},
	{10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

// maxRoman bounds Roman numerals, whose length grows with the number.
const maxRoman = 1_000_000

func toRoman(n int) string {
	var out strings.Builder
	for _, r := range romanNumerals {
		for ; n >= r.value; n -= r.value {
			out.WriteString(r.text)
		}
	}
	return out.String()
}

func fromRoman(s string) float64 {
	values := map[byte]float64{'M': 1000, 'D': 500, 'C': 100, 'L': 50, 'X': 10, 'V': 5, 'I': 1}
	sum, largest := 0.0, 1.0
	for i := len(s) - 1; i >= 0; i-- {
		x, ok := values[s[i]]
		switch {
		case !ok:
			return math.NaN()
		case x < largest:
			sum -= x
		default:
			largest = x
			sum += x
		}
	}
	return sum
}

// toLetters counts a, b … z, aa, ab …
func toLetters(x float64, first rune) string {
	var out []rune
	for x > 0 {
		out = append(out, first+rune(math.Mod(x-1, 26)))
		x = math.Floor((x - 1) / 26)
	}
	slices.Reverse(out)
	return string(out)
}

func fromLetters(s string, first rune) float64 {
	x := 0.0
	for _, r := range s {
		x = x*26 + float64(r-first+1)
	}
	return x
}
