package jsregexp

import (
	"errors"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		pattern, flags string
		yes, no        []string
	}{
		{"", "", []string{"", "a"}, nil},
		{"^(?!ERR).*OK$", "", []string{"is OK", "OK"}, []string{"ERR OK", "OK\n"}},
		{`(a)\1b`, "", []string{"aab"}, []string{"ab"}},
		{`(?<n>x)\k<n>`, "", []string{"xx"}, []string{"x"}},
		{`(?<=id=)\d+`, "", []string{"id=77"}, []string{"77"}},
		{`(?<!id=)\b\d+`, "", []string{"77"}, []string{"id=77"}},
		{`^caf\u00e9.$`, "", []string{"café!"}, []string{"cafe!"}},
		{"^[^]*;$", "", []string{"odd;", "a\nb;"}, []string{"odd"}},
		{"[]", "", nil, []string{"", "a"}},
		{`\bok\b|^\w+\s#`, "", []string{"an ok.", "abc #"}, []string{"wé #", "bok"}},
		{`^\w$`, "", []string{"a", "_"}, []string{"é"}},
		{`é\b`, "", []string{"éa"}, []string{"é"}},
		{`^\d$`, "", []string{"1"}, []string{"١"}},
		{`^a.b$`, "", []string{"a b", "aéb"}, []string{"a\nb", "a\rb", "a\u2028b", "a\u2029b"}},
		{`^(?=a)a.b$`, "", []string{"a b"}, []string{"a\nb", "a\rb", "a\u2028b", "a\u2029b"}},
		{`a$`, "", []string{"a"}, []string{"a\n", "a\nb"}},
		{`(?=a)a$`, "", []string{"a"}, []string{"a\n", "a\nb"}},
		{`^b$`, "m", []string{"a\nb\nc", "a\rb"}, []string{"ab"}},
		{`a.b`, "s", []string{"a\nb"}, nil},
		{`OK`, "i", []string{"ok"}, []string{"K"}},
		{`^\s$`, "", []string{"\v", "\u00a0", "\ufeff"}, []string{"a"}},
		{`[[:alpha:]]`, "", []string{":]"}, []string{"a", "b"}},
		{`^\cJ\x41\0$`, "", []string{"\nA\x00"}, nil},
		{`^a{,2}$`, "", []string{"a{,2}"}, []string{"aa"}},
		{`^\Qx$`, "", []string{"Qx"}, nil},
		{"]}", "", []string{"]}"}, nil},
		{"[(?i)]", "", []string{"?"}, nil},
		{`\(?i`, "", []string{"(i", "i"}, nil},
	} {
		re, err := Compile(tc.pattern, tc.flags)
		if err != nil {
			t.Errorf("%s: %v", tc.pattern, err)
			continue
		}
		for _, s := range tc.yes {
			if !re.MatchString(s) {
				t.Errorf("/%s/%s does not match %q", tc.pattern, tc.flags, s)
			}
		}
		for _, s := range tc.no {
			if re.MatchString(s) {
				t.Errorf("/%s/%s matches %q", tc.pattern, tc.flags, s)
			}
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, pattern := range []string{
		"*", "+a", "[bad", "(", ")", "a**", "a*+", "a{2}{3}", "a{3,2}", "[b-a]", `\`, "^*", `\b+`,
		"(?i)ok", "(?i:ok)", "(?=a)(?i)b", "(?>a)", "(?#a)", "(?P<n>a)", "(?'n'a)", "(a)(?(1)b|c)",
		"(?<1>a)", "(?<n>a)(?<n>b)", `(?<n>x)\k<m>`, "(?", "(?<n", "(?:",
	} {
		_, err := Compile(pattern, "")
		if _, ok := errors.AsType[*SyntaxError](err); !ok {
			t.Errorf("/%s/: got %v, want a syntax error", pattern, err)
		}
	}
	for _, flags := range []string{"x", "gg"} {
		if _, err := Compile("a", flags); err == nil {
			t.Errorf("flags %q are no error", flags)
		}
	}
	_, err := Compile("[bad", "")
	if got, want := err.Error(), "invalid regular expression: /[bad/: unterminated [] set"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestReplaceAll(t *testing.T) {
	for _, tc := range []struct{ pattern, in, with, want string }{
		{"b", "abab", "X", "aXaX"},
		{"a*", "baac", "-", "-b--c-"},
		{"x*", "aé", "-", "-a-é-"},
		{`(\w)(\w)`, "abcd", "$2$1", "badc"},
		{`(?<first>\w)(?<second>\w)`, "ab", "$<second>$<first>$<none>$2", "bab"},
		{"(a)", "a", "$<n>$01$10$2$0", "$<n>aa0$2$0"},
		{"(a)|b", "ab", "[$1]", "[a][]"},
		{"(?:a|(b))*", "é a b", "[$1]", "[]é[] [][] [b][]"},
		{"(?<x>a)(?<y>b)?", "aé ab", "<$<y>$2>", "<>é <bb>"},
		{"b", "abc", "[$`|$'|$&|$$|$]", "a[a|c|b|$|$]c"},
		{"b", "abc", "$", "a$c"},
		{`\.`, "1.2.3", "", "123"},
	} {
		re, err := Compile(tc.pattern, "g")
		if err != nil {
			t.Fatal(err)
		}
		got, err := re.ReplaceAll(tc.in, tc.with)
		if err != nil || got != tc.want {
			t.Errorf("%q.replace(/%s/g, %q) = %q, %v; want %q", tc.in, tc.pattern, tc.with, got, err, tc.want)
		}
	}
}

func TestQuote(t *testing.T) {
	const text = `a.b*c?(d)[e]{f}^$|\+/-`
	re, err := Compile(Quote(text), "g")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := re.ReplaceAll("<"+text+">", "x"); got != "<x>" {
		t.Errorf("got %q", got)
	}
}

// Patterns that make a backtracking engine run for ever end in both engines.
func TestCatastrophic(t *testing.T) {
	text := strings.Repeat("a", 100) + "b"
	for _, pattern := range []string{"^(a+)+$", "^(?!x)(a+)+$"} {
		re, err := Compile(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if re.MatchString(text) {
			t.Errorf("/%s/ matches", pattern)
		}
	}
}

func TestLongText(t *testing.T) {
	text := strings.Repeat("x", 25_000) + "OK"
	for _, pattern := range []string{"^(?!ERR).*OK$", "(?=x)(x|y)*OK$", "(?:(?!z).)*OK$"} {
		re, err := Compile(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if !re.MatchString(text) {
			t.Errorf("/%s/ does not match", pattern)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"(?!a)b", `(a)\1`, "[^]", "(?<n>x)", `\u{61}`, "a{1,2}?"} {
		f.Add(seed, "some text", "$1")
	}
	f.Add("(x)", "x", "$>")
	f.Fuzz(func(t *testing.T, pattern, text, with string) {
		re, err := Compile(pattern, "")
		if err != nil {
			return
		}
		re.MatchString(text)
		if _, err := re.ReplaceAll(text, with); err != nil {
			t.Skip(err)
		}
	})
}

func BenchmarkMatchString(b *testing.B) {
	for _, pattern := range []string{`login: ?$`, `^(?!ERR).*OK$`} {
		re, err := Compile(pattern, "")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				re.MatchString("The quick brown fox says OK")
			}
		})
	}
}
