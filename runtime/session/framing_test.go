package session

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
)

// framed returns what a session in line mode makes of segments, as JSON: a text
// for a line, [lines, match] or [lines] with waitFor.
func framed(t testing.TB, waitFor string, segments ...[]byte) []string {
	t.Helper()
	w, err := ParseWaitFor(waitFor)
	if err != nil {
		t.Fatal(err)
	}
	st := New()
	h := &recorder{}
	st.Attach("n", h)
	s := st.newSession(&Options{Node: "n", Line: true, WaitFor: w}, len(segments))
	s.framer = lines.Framer()
	for _, b := range segments {
		s.credits.take(s.quitting, nil)
		s.receive(b)
	}
	s.flush(false)
	if n := len(segments) - int(s.credits.left.Load()); n != 0 {
		t.Errorf("%d credits did not come back", n)
	}
	var got []string
	for _, m := range h.on(dataPort) {
		switch match := m.Get("match"); {
		case match != nil:
			got = append(got, flow.JSON(flow.Array{m.Get("payload"), match}))
		default:
			got = append(got, flow.JSON(m.Get("payload")))
		}
	}
	return got
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name, waitFor string
		segments      []string
		want          []string
	}{
		{"all line ends", "", []string{"a\nb\r\nc\rd\n\ne\r\n\r\nf\r\rg\n\rh\n"},
			[]string{`"a"`, `"b"`, `"c"`, `"d"`, `""`, `"e"`, `""`, `"f"`, `""`, `"g"`, `""`, `"h"`}},
		{"split CR LF", "", []string{"abc\r", "\ndef\r\n", "x\r", "y\r", "\n"}, []string{`"abc"`, `"def"`, `"x"`, `"y"`}},
		{"split character", "", []string{"a\xc3", "\xa9\n", "\xe2\x82", "\xac\n"}, []string{`"aé"`, `"€"`}},
		{"no other line ends", "", []string{"a\vb\fc\u0085d\u2028e\x00\n"}, []string{"\"a\\u000bb\\fc\u0085d\u2028e\\u0000\""}},
		{"byte order mark", "", []string{"\ufeffbom\n"}, []string{"\"\ufeffbom\""}},
		{"invalid UTF-8", "", []string{"\xff\xfeA\n\xed\xa0\x80\n"}, []string{`"��A"`, `"���"`}},
		{"unfinished line at the end", "", []string{"done\npart", "ial"}, []string{`"done"`, `"partial"`}},
		{"cut character at the end", "", []string{"x\xc3"}, []string{`"x�"`}},
		{"held until a match", "^OK$", []string{"l1\nl2\n", "OKAY\n", "OK\n", "next\n"},
			[]string{`[["l1","l2","OKAY"],"OK"]`, `["next"]`}},
		{"prompt", "login: $", []string{"banner\r\nlog", "in: ", "after\nlogin: "},
			[]string{`[["banner"],"login: "]`, `[["after"],"login: "]`}},
		{"prompt that matches early", "^ENTER", []string{"x\nENTER", " COMMAND\n", "y\nENTER\n"},
			[]string{`[["x"],"ENTER"]`, `[[" COMMAND","y"],"ENTER"]`}},
		{"several matches in one chunk", "[>#] $", []string{"x> \r\ny\r\nz> "}, []string{`[[],"x> "]`, `[["y"],"z> "]`}},
		{"prompt with a split character", "^.$", []string{"\xe2\x82", "\xac"}, []string{`[[],"€"]`}},
		{"trimmed pattern", "> ", []string{"a>b\n> "}, []string{`[[],"a>b"]`, `[[],"> "]`}},
		{"blank pattern", "   ", []string{"x\n"}, []string{`"x"`}},
		{"held at the end", "^OK$", []string{"p1\np2\nfrag"}, []string{`["p1","p2","frag"]`}},
		{"empty pattern for an empty fragment", "^$", []string{"a\n", "\n"}, []string{`[["a"],""]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var segments [][]byte
			for _, s := range c.segments {
				segments = append(segments, []byte(s))
			}
			if got := framed(t, c.waitFor, segments...); !slices.Equal(got, c.want) {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBadWaitFor(t *testing.T) {
	for _, pattern := range []string{"[bad", "(", "*"} {
		if _, err := ParseWaitFor(pattern); err == nil {
			t.Errorf("%q is accepted", pattern)
		}
	}
}

// cut cuts b into segments by the bits of seed.
func cut(b []byte, seed uint64) [][]byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var segments [][]byte
	for len(b) > 0 {
		n := 1 + r.IntN(min(len(b), 1+r.IntN(40)))
		segments = append(segments, b[:n])
		b = b[n:]
	}
	return segments
}

// Any segmentation of the same bytes gives the same lines.
func FuzzLineFramer(f *testing.F) {
	for _, s := range []string{
		"a\nb\r\nc\rd\n\ne\r\n\r\nf\r\rg\n\rh\n", "abc\r\ndef\r\nx\ry\r\n", "aé\n€\n😀\nwhole é€😀\n",
		"\xff\xfeA\n\x80B\n\xc0\xaf\n\xed\xa0\x80\n\xf4\x90\x80\x80C\n", "\xef\xbb\xbfbom\n\x00A\n", "\r", "\n", "\r\n", "no end", "",
		strings.Repeat("x", 600) + "\r\n" + strings.Repeat("y\r", 300),
	} {
		f.Add([]byte(s), uint64(len(s)))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		whole := framed(t, "", stream)
		if parts := framed(t, "", cut(stream, seed)...); !slices.Equal(whole, parts) {
			t.Errorf("whole  %s\nin parts %s", whole, parts)
		}
		// The lines are those of a split at the line ends.
		text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(stream))
		want := strings.Split(text, "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		for i := range want {
			want[i] = flow.JSON(flow.DecodeUTF8([]byte(want[i])))
		}
		if !slices.Equal(whole, want) {
			t.Errorf("got  %s\nwant %s", whole, want)
		}
	})
}

// If no unfinished line matches, waitFor does not depend on the segments
// either, and no line is lost or changed.
func TestWaitForKeepsAllLines(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		var stream []byte
		var lines []string
		for range r.IntN(30) {
			line := []string{"OK;", "x", "", "OK", "é;", "no"}[r.IntN(6)]
			stream = append(append(stream, line...), []string{"\n", "\r\n"}[r.IntN(2)]...)
			lines = append(lines, line)
		}
		// A line ends right after the semicolon that is waited for, so segments
		// end at a line end or before the semicolon.
		var segments [][]byte
		for _, s := range cut(stream, seed) {
			segments = append(segments, s)
			for len(segments) > 1 && bytes.HasSuffix(segments[len(segments)-2], []byte(";")) {
				n := len(segments)
				segments = append(segments[:n-2], slices.Concat(segments[n-2], segments[n-1]))
			}
		}
		whole, parts := framed(t, ";$", stream), framed(t, ";$", segments...)
		if !slices.Equal(whole, parts) {
			t.Fatalf("seed %d\nwhole    %s\nin parts %s", seed, whole, parts)
		}
		var got []string
		for _, item := range whole {
			v, err := flow.ParseJSON([]byte(item))
			if err != nil {
				t.Fatal(err)
			}
			got = appendTexts(got, v)
		}
		if !slices.Equal(got, lines) {
			t.Fatalf("seed %d\ngot  %q\nwant %q", seed, got, lines)
		}
	}
}

func appendTexts(list []string, v flow.Value) []string {
	if a, ok := v.(flow.Array); ok {
		for _, item := range a {
			list = appendTexts(list, item)
		}
		return list
	}
	return append(list, flow.Text(v))
}

// Lines that nobody matches do not fill the memory, and are not lost.
func TestHeldLinesHaveALimit(t *testing.T) {
	for _, onError := range []string{"close", "skip"} {
		frames := framing.Frames{MaxFrame: 100, OnFrameError: onError}
		cut, err := frames.Stream(true)
		if err != nil {
			t.Fatal(err)
		}
		wait, err := ParseWaitFor("^never$")
		if err != nil {
			t.Fatal(err)
		}
		h := &recorder{}
		_, peer, w := accept(t, New(), h, Options{Line: true, Framing: cut, WaitFor: wait})
		_, _ = io.WriteString(peer, "a\nb\nc\nd\n")
		if got := h.await(t, dataPort, 1)[0]; got != `["a","b","c","d"]` {
			t.Errorf("%s: the lines are %s", onError, got)
		}
		h.await(t, eventsPort, 1)
		if code := h.on(eventsPort)[0].Get("errorCode"); code != framing.TooLong {
			t.Errorf("%s: the event is %s", onError, flow.JSON(h.on(eventsPort)[0]))
		}
		if onError == "close" {
			_ = await(t, w.closed)
		}
		_ = peer.Close()
	}
}
