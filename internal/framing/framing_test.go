package framing_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/flowrun/flowrun/flow"
)

// utf16le returns text in UTF-16, low byte first.
func utf16le(text string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		name, properties, stream string
		want                     []string
	}{
		{"lines", "line", "a\nb\r\nc\rd\n\n\r\nlast", []string{`"a"`, `"b"`, `"c"`, `"d"`, `""`, `""`, `"last"`}},
		{"delimiter", `{"framing":"delimiter","delimiter":"\\r\\n"}`, "a\r\n\r\nb\r\r\nlast\r", []string{`"a"`, `""`, `"b\r"`, `"last\r"`}},
		{"delimiter kept", `{"framing":"delimiter","delimiter":"0x3b","keepDelimiter":true}`, "a;;b", []string{`"a;"`, `";"`, `"b"`}},
		{"delimiter that begins with itself", `{"framing":"delimiter","delimiter":"aab"}`, "xaaab.aabaaab", []string{`"xa"`, `"."`, `"a"`}},
		{"fixed", `{"framing":"fixed","frameLength":3}`, "abcdefgh", []string{`"abc"`, `"def"`, `FRAME_INCOMPLETE: the stream ended inside of a frame "gh"`}},

		{"length", `{"framing":"length"}`, "\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x01c", []string{`"ab"`, `""`, `"c"`}},
		{"length of one byte", `{"framing":"length","lengthBytes":1}`, "\x01a\x03bc", []string{`"a"`, `FRAME_INCOMPLETE: the stream ended inside of a frame "\x03bc"`}},
		{"length of three bytes, low one first", `{"framing":"length","lengthBytes":3,"lengthEndian":"little"}`, "\x02\x00\x00ab", []string{`"ab"`}},
		{"length of eight bytes with the header", `{"framing":"length","lengthBytes":8,"lengthIncludesHeader":true}`, "\x00\x00\x00\x00\x00\x00\x00\x0aab", []string{`"ab"`}},
		{"length with more behind it", `{"framing":"length","lengthBytes":1,"lengthAdjust":2}`, "\x01abc\x00de", []string{`"abc"`, `"de"`}},
		{"Modbus/TCP", `{"framing":"length","lengthBytes":2,"lengthOffset":4}`, "\x00\x07\x00\x00\x00\x02\x01\x83", []string{`"\x00\a\x00\x00\x00\x02\x01\x83"`}},
		{"header kept", `{"framing":"length","lengthBytes":2,"keepHeader":true}`, "\x00\x01a", []string{`"\x00\x01a"`}},
		{"length less than its header", `{"framing":"length","lengthBytes":2,"lengthIncludesHeader":true}`, "\x00\x03a\x00\x01bcd", []string{`"a"`, `FRAME_INVALID: a frame says that it is shorter than its header: length 1 "\x00\x01"`}},
		{"length beyond all numbers", `{"framing":"length","lengthBytes":8}`, "\xff\xff\xff\xff\xff\xff\xff\xffab", []string{`FRAME_INVALID: a frame says that it has 18446744073709551615 bytes "\xff\xff\xff\xff\xff\xff\xff\xff"`}},
		{"varint", `{"framing":"length","lengthType":"varint"}`, "\x01a\x83\x00bcd\x00", []string{`"a"`, `"bcd"`, `""`}},
		{"varint of more than 64 bits", `{"framing":"length","lengthType":"varint"}`, strings.Repeat("\xff", 12), []string{`FRAME_INVALID: a frame does not begin with a varint of at most 64 bits "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"`}},
		{"octet counting", `{"framing":"length","lengthType":"ascii"}`, "5 hello0 12 hello, world", []string{`"hello"`, `""`, `"hello, world"`}},
		{"octet counting without a number", `{"framing":"length","lengthType":"ascii"}`, "1 ax", []string{`"a"`, `FRAME_INVALID: a frame does not begin with its length: "x" "x"`}},

		{"stx-etx", `{"framing":"stx-etx"}`, "noise\x02a\x03\x06\x02b\x10\x03\x10\x10\x03", []string{`"a"`, `"b\x03\x10"`}},
		{"stx-etx without its end", `{"framing":"stx-etx"}`, "\x02ab\x02c\x03\x02d", []string{`FRAME_INVALID: a frame begins before the one before it has ended "\x02ab"`, `"c"`, `FRAME_INCOMPLETE: the stream ended inside of a frame "\x02d"`}},
		{"other bytes, no escape", `{"framing":"stx-etx","frameStart":"<","frameEnd":">","frameEscape":""}`, "<a\x10><><b", []string{`"a\x10"`, `""`, `FRAME_INCOMPLETE: the stream ended inside of a frame "<b"`}},
		{"mllp", `{"framing":"mllp"}`, "\x0bMSH|1\r\x1c\r\r\n\x0ba\x1cb\x1c\x1c\r", []string{`"MSH|1\r"`, `"a\x1cb\x1c"`}},
		{"mllp as text", `{"framing":"mllp","charset":"latin1"}`, "\x0bM\xfcller\x1c\r", []string{`"Müller"`}},

		{"slip", `{"framing":"slip"}`, "\xc0a\xc0\xc0\xdb\xdc\xdb\xddb\xc0c", []string{`"a"`, `"\xc0\xdbb"`, `FRAME_INCOMPLETE: the stream ended inside of a frame "c"`}},
		{"slip with a bad escape", `{"framing":"slip"}`, "\xdba\xc0b\xc0\xdb\xc0", []string{`FRAME_INVALID: a SLIP escape is followed by what cannot be escaped "\xdba\xc0"`, `"b"`, `FRAME_INVALID: a SLIP escape is followed by what cannot be escaped "\xdb\xc0"`}},
		{"cobs", `{"framing":"cobs"}`, "\x03ab\x02c\x00\x00\x01\x01\x00\xff" + strings.Repeat("x", 254) + "\x00", []string{`"ab\x00c"`, `"\x00"`, `"` + strings.Repeat("x", 254) + `"`}},
		{"cobs cut off", `{"framing":"cobs"}`, "\x05ab\x00\x02c\x00", []string{`FRAME_INVALID: a COBS frame is cut off "\x05ab\x00"`, `"c"`}},
		{"netstring", `{"framing":"netstring"}`, "5:hello,0:,1:,,", []string{`"hello"`, `""`, `","`}},
		{"netstring without comma", `{"framing":"netstring"}`, "1:a;1:b,", []string{`FRAME_INVALID: a netstring does not end in a comma "1:a;"`}},
		{"netstring with a leading zero", `{"framing":"netstring"}`, "05:hello,", []string{`FRAME_INVALID: a frame does not begin with its length: "05" "05"`}},

		{"json", `{"framing":"json"}`, `{"a":"}\"{"}[1,[2]] 12"x"true` + "\x1enull\n-1.5e3", []string{`{"a":"}\"{"}`, `[1,[2]]`, `12`, `"x"`, `true`, `null`, `-1500`}},
		{"json that is none", `{"framing":"json"}`, `{a}[1] nul `, []string{`FRAME_INVALID: a frame is no JSON: invalid character 'a' "{a}"`, `[1]`, `FRAME_INVALID: a frame is no JSON: unexpected EOF "nul"`}},
		{"json out of step", `{"framing":"json"}`, `1 }2`, []string{`1`, `FRAME_INVALID: no JSON value begins with '}' "}"`}},
		{"json cut off", `{"framing":"json"}`, `[1`, []string{`FRAME_INCOMPLETE: the stream ended inside of a frame "[1"`}},
		{"json-lines", `{"framing":"json-lines"}`, "{\"a\":1}\r\n\r\n[\n 2 \n\"last\"", []string{`{"a":1}`, `FRAME_INVALID: a frame is no JSON: unexpected EOF "["`, `2`, `"last"`}},
		{"syslog", `{"framing":"syslog","charset":"utf8"}`, "9 <34>1 a\nb<34>c\n2 ok\n2026-01-01 no length\n<1>last", []string{`"<34>1 a\nb"`, `"<34>c"`, `"ok"`, `"2026-01-01 no length"`, `"<1>last"`}},
		{"syslog cut off", `{"framing":"syslog"}`, "9 <34>", []string{`FRAME_INCOMPLETE: the stream ended inside of a frame "9 <34>"`}},

		{"too long, and the next", `{"framing":"delimiter","delimiter":";","maxFrame":4}`, "abc;abcd;x;abcdefg", []string{`"abc"`, tooLong, `"x"`, tooLong}},
		{"too long line", `{"framing":"delimiter","delimiter":"\\r\\n","maxFrame":4}`, "ab\r\nabc\r\nab", []string{`"ab"`, tooLong, `"ab"`}},
		{"too long by its length", `{"framing":"length","lengthBytes":1,"maxFrame":4}`, "\x03abc\x04abcd\x01x\x09a", []string{`"abc"`, tooLong, `"x"`, tooLong}},
		{"header longer than maxFrame", `{"framing":"length","maxFrame":2}`, "\x00\x00\x00\x01a\x00\x00\x00\x00", []string{tooLong, tooLong}},
		{"too long netstring", `{"framing":"netstring","maxFrame":4}`, "1:a,3:abc,1:b,", []string{`"a"`, tooLong, `"b"`}},
		{"too long slip", `{"framing":"slip","maxFrame":4}`, "abc\xc0abcd\xdb\xc0x\xc0", []string{`"abc"`, tooLong, `"x"`}},
		{"too long json", `{"framing":"json","maxFrame":4}`, `1234 12345 [1,[2]]"a"`, []string{`1234`, tooLong, tooLong, `"a"`}},
		{"too long stx-etx", `{"framing":"stx-etx","maxFrame":4}`, "\x02abc\x03\x02abc\x02ab\x03", []string{tooLong, `FRAME_INVALID: a frame begins before the one before it has ended "\x02abc"`, `"ab"`}},
		{"too long syslog", `{"framing":"syslog","maxFrame":4}`, "2 ab3 abc2 cd<1>e\n<1>\n", []string{`"ab"`, tooLong, `"cd"`, tooLong, `"<1>"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := slices.Clone(c.want)
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], tooLong, "FRAME_TOO_LONG: a frame is longer than maxFrame, "+limitIn(c.properties)+" bytes \"\"")
			}
			f := resolve(t, c.properties)
			if got := cutUp(f, []byte(c.stream)); !slices.Equal(got, want) {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
			if got := cutUp(f, bytesOf([]byte(c.stream))...); !slices.Equal(got, want) {
				t.Errorf("byte by byte\ngot  %s\nwant %s", got, want)
			}
		})
	}
}

// tooLong stands for the error in the table.
const tooLong = "TOO LONG"

func limitIn(properties string) string {
	_, limit, _ := strings.Cut(properties, `"maxFrame":`)
	return strings.TrimSuffix(limit, "}")
}

func TestLinesOfCharacterSets(t *testing.T) {
	for _, c := range []struct {
		charset, stream string
		want            []string
	}{
		{"", "\ufeffé\xc3\n", []string{"\"\ufeffé�\""}},
		{"UTF-8", "é\n", []string{`"é"`}},
		{"latin1", "\xe9\r\n\xdf", []string{`"é"`, `"ß"`}},
		{"windows-1252", "\x80\n", []string{`"€"`}},
		{"shift_jis", "\x83\x5c\n\x93\xfa", []string{`"ソ"`, `"日"`}},
		// U+0A0D and U+0D0A are no line ends, though their bytes are.
		{"utf16le", utf16le("\ufeffa\r\n\u0a0d\u0d0a\n😀"), []string{`"a"`, "\"\u0a0d\u0d0a\"", `"😀"`}},
		{"utf16be", "\x00a\x00\n\x00b\x00", []string{`"a"`, `"b�"`}},
		{"utf16", "\xfe\xff\x00a\x00\n\x00b", []string{`"a"`, `"b"`}},
	} {
		t.Run(c.charset, func(t *testing.T) {
			f, err := config(t, `{"charset":"`+c.charset+`"}`).Stream(true)
			if err != nil {
				t.Fatal(err)
			}
			if got := cutUp(f, []byte(c.stream)); !slices.Equal(got, c.want) {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
			for seed := range uint64(50) {
				if got := cutUp(f, cut([]byte(c.stream), seed)...); !slices.Equal(got, c.want) {
					t.Errorf("seed %d\ngot  %s\nwant %s", seed, got, c.want)
				}
			}
		})
	}
}

func TestAppend(t *testing.T) {
	for _, c := range []struct {
		properties string
		payload    flow.Value
		want       string // the error begins with payload
	}{
		{`{"framing":"delimiter","delimiter":"\\r\\n"}`, "a", "a\r\n"},
		{`{"framing":"delimiter","delimiter":"\\r\\n"}`, "a\r\nb", "payload contains the delimiter"},
		{`{"framing":"delimiter","delimiter":"aa"}`, "xa", "payload contains the delimiter"},
		{`{"framing":"delimiter","delimiter":";","keepDelimiter":true}`, "a;", "a;"},
		{`{"framing":"fixed","frameLength":2}`, "ab", "ab"},
		{`{"framing":"fixed","frameLength":2}`, "abc", "payload has 3 bytes, frameLength is 2"},
		{`{"framing":"length","lengthBytes":1}`, strings.Repeat("x", 256), "payload has 256 bytes, and a length of 256 does not fit into 1 bytes"},
		{`{"framing":"length","lengthBytes":2,"lengthEndian":"little"}`, "ab", "\x02\x00ab"},
		{`{"framing":"length","lengthBytes":1,"lengthAdjust":3}`, "ab", "payload has 2 bytes, and a length of -1 does not fit into 1 bytes"},
		{`{"framing":"length","lengthBytes":2,"lengthOffset":4}`, flow.Buffer("\x00\x01\x00\x00??\x11\x03"), "\x00\x01\x00\x00\x00\x02\x11\x03"},
		{`{"framing":"length","lengthBytes":2,"lengthOffset":4}`, "short", "payload is shorter than the header, 6 bytes, in which the length is put"},
		{`{"framing":"length","lengthType":"varint"}`, strings.Repeat("x", 300), "\xac\x02" + strings.Repeat("x", 300)},
		{`{"framing":"length","lengthType":"ascii"}`, "hello", "5 hello"},
		{`{"framing":"stx-etx"}`, "a\x03\x10", "\x02a\x10\x03\x10\x10\x03"},
		{`{"framing":"stx-etx","frameEscape":""}`, "a\x03", "payload contains what begins or ends a frame"},
		{`{"framing":"mllp"}`, "MSH\r", "\x0bMSH\r\x1c\r"},
		{`{"framing":"mllp","charset":"latin1"}`, "é€", "\x0b\xe9?\x1c\r"},
		{`{"framing":"slip"}`, "a\xc0\xdb", "\xc0a\xdb\xdc\xdb\xdd\xc0"},
		{`{"framing":"cobs"}`, "a\x00b", "\x02a\x02b\x00"},
		{`{"framing":"netstring"}`, "hello", "5:hello,"},
		{`{"framing":"json"}`, flow.Array{1.0, "x"}, "[1,\"x\"]\n"},
		{`{"framing":"json-lines"}`, "text", "\"text\"\n"},
		{`{"framing":"json"}`, nil, "payload is undefined, which JSON has no text for"},
		{`{"framing":"syslog"}`, "<34>1 x", "7 <34>1 x"},
		{`{"framing":"slip"}`, 42.0, "payload items must be string or Buffer"},
		{`{"framing":"netstring","charset":"utf16le"}`, "é", "2:\xe9\x00,"},
	} {
		f := resolve(t, c.properties)
		got, err := f.Append([]byte("before"), c.payload)
		if err != nil {
			if err.Error() != c.want || string(got) != "before" {
				t.Errorf("%s %s: %v after %q", c.properties, text(c.payload), err, got)
			}
		} else if want := "before" + c.want; string(got) != want {
			t.Errorf("%s %s:\ngot  %q\nwant %q", c.properties, text(c.payload), got, want)
		}
	}
}

func TestUnfinishedLine(t *testing.T) {
	f := resolve(t, "line").Framer()
	f.Feed([]byte("a\nlogin: "))
	if line, ok, err := f.Next(); string(line) != "a" || !ok || err != nil {
		t.Fatalf("%q, %v, %v", line, ok, err)
	}
	if _, ok, _ := f.Next(); ok || string(f.Unfinished()) != "login: " {
		t.Fatalf("unfinished: %q", f.Unfinished())
	}
	f.Drop()
	f.Feed([]byte("b\n"))
	if line, ok, err := f.Next(); string(line) != "b" || !ok || err != nil {
		t.Errorf("%q, %v, %v", line, ok, err)
	}
	f.End()
	if line, ok, err := f.Next(); ok || err != nil {
		t.Errorf("at the end %q, %v", line, err)
	}
}
