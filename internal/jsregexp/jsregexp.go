// Package jsregexp runs regular expressions as JavaScript writes them.
//
// Flow files hold JavaScript's regular expressions, which differ from Go's:
// they have lookaround and back references, [^] and \u00e9, and no inline flags
// such as (?i). Two engines share the work. regexp2 in its ECMAScript mode
// judges the syntax and does what only backtracking can; it works against a
// time limit. Patterns that Go's regexp can run are matched there, in time
// linear in the text.
//
// One difference from JavaScript remains: a character outside the Basic
// Multilingual Plane is one character here, and two UTF-16 units there.
package jsregexp

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja/parser"
)

// timeLimit bounds one backtracking match, because a flow waits for it. The
// clock behind it is a goroutine that ends by itself about a second after the
// last match.
const timeLimit = 500 * time.Millisecond

// stackLimit bounds what a backtracking match remembers, in machine words. It
// lets patterns such as (?:(?!x).)* run over some hundred thousand characters, if
// the time is enough.
const stackLimit = 4 << 20

// Regexp is a compiled regular expression. It is safe for concurrent use.
type Regexp struct {
	pattern      string
	flags        string
	linear       *regexp.Regexp // nil if the pattern needs backtracking
	backtracking *regexp2.Regexp
}

// SyntaxError says that a pattern is no regular expression of JavaScript.
type SyntaxError struct {
	Pattern string
	Reason  string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid regular expression: /%s/: %s", e.Pattern, e.Reason)
}

// Compile compiles a JavaScript pattern as new RegExp(pattern, flags) does. Of
// the flags, g (whose job is ReplaceAll's), i, m, s and u are known. The error
// is a *SyntaxError.
func Compile(pattern, flags string) (*Regexp, error) {
	options, err := parseFlags(flags)
	if err == nil {
		err = checkGroups(pattern)
	}
	if err != nil {
		return nil, &SyntaxError{pattern, err.Error()}
	}
	backtracking, err := regexp2.Compile(pattern, options, regexp2.OptionMaxBacktrackingStackSize(stackLimit))
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		return nil, &SyntaxError{pattern, strings.TrimSuffix(reason, " in `"+pattern+"`")}
	}
	backtracking.MatchTimeout = timeLimit
	return &Regexp{pattern, flags, compileLinear(pattern, options), backtracking}, nil
}

// Quote returns a pattern that matches the text itself.
func Quote(text string) string { return regexp.QuoteMeta(text) }

func parseFlags(flags string) (regexp2.RegexOptions, error) {
	options := regexp2.ECMAScript
	for i, f := range flags {
		if strings.ContainsRune(flags[:i], f) {
			return 0, fmt.Errorf("flag %q is there twice", f)
		}
		switch f {
		case 'g':
		case 'i':
			options |= regexp2.IgnoreCase
		case 'm':
			options |= regexp2.Multiline
		case 's':
			options |= regexp2.Singleline
		case 'u':
			options |= regexp2.Unicode
		default:
			return 0, fmt.Errorf("unknown flag %q", f)
		}
	}
	return options, nil
}

// checkGroups refuses the kinds of groups that regexp2 has from .NET and
// JavaScript has not: (?i), (?>…), (?#…), (?'name'…), (?(1)…).
func checkGroups(pattern string) error {
	inClass := false
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			inClass = true
		case ']':
			inClass = false
		case '(':
			group, special := strings.CutPrefix(pattern[i+1:], "?")
			if special && !inClass && (group == "" || !strings.ContainsAny(group[:1], ":=!<")) {
				return fmt.Errorf("invalid group at position %d", i)
			}
		}
	}
	return nil
}

// compileLinear translates the pattern for Go's regexp, or returns nil. The
// flags m, i and u mean other things there: other line ends, other folding.
func compileLinear(pattern string, options regexp2.RegexOptions) *regexp.Regexp {
	if options&(regexp2.Multiline|regexp2.IgnoreCase|regexp2.Unicode) != 0 || strings.Contains(pattern, "[:") {
		return nil // and [:alpha:] is nothing special in JavaScript
	}
	dotAll := options&regexp2.Singleline != 0
	translated, err := parser.TransformRegExp(pattern, dotAll, false)
	if err != nil {
		return nil
	}
	if dotAll {
		translated = "(?s)" + translated
	}
	re, err := regexp.Compile(translated)
	if err != nil {
		return nil
	}
	return re
}

// String returns the pattern.
func (re *Regexp) String() string { return re.pattern }

// Flags returns the flags it was compiled with.
func (re *Regexp) Flags() string { return re.flags }

// MatchString tells whether the pattern matches somewhere in s. A match that
// needs more than the limits of time and memory is none.
func (re *Regexp) MatchString(s string) bool {
	if re.linear != nil {
		return re.linear.MatchString(s)
	}
	ok, err := re.backtracking.MatchString(s)
	return ok && err == nil
}
