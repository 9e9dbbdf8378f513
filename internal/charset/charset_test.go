package charset

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/transform"
)

// Bytes and text of characters that tell the encodings apart. Where back is
// set, it is what encoding the text gives, because the way is not reversible.
var samples = []struct{ names, bytes, text, back string }{
	{"utf8 UTF-8 unicode-1-1-utf-8", "\xef\xbb\xbfh\xc3\xa9\xff", "hé\uFFFD", "h\xc3\xa9\xef\xbf\xbd"},
	{"ucs2 utf-16le UTF16LE", "\xff\xfe\x66\x8a", "試", "\x66\x8a"},
	{"utf-16be", "\x8a\x66\x9a\x13", "試験", ""},
	{"utf-16", "\xff\xfe\x66\x8a", "試", ""},
	{"utf-16", "\xfe\xff\x8a\x66", "試", "\xff\xfe\x66\x8a"},
	{"utf-32le", "\x66\x8a\x00\x00", "試", ""},
	{"binary latin1 ISO-8859-1 cp819 iso_8859-1:1987", "h\xe9", "hé", ""},
	{"latin1", "h?", "h?", ""},
	{"ascii us-ascii", "h\xe9", "h\uFFFD", "h?"},
	{"Shift_JIS Windows-31j Windows932 sjis", "\x8e\x8e\x8c\xb1", "試験", ""},
	{"EUC-JP", "\xbb\xee\xb8\xb3", "試験", ""},
	{"GB2312 GBK GB18030 Windows936 EUC-CN", "\xc4\xe3", "你", ""},
	{"GB18030", "\x94\x39\xda\x33", "💩", ""},
	{"GBK", "a?b", "a?b", ""},
	{"KS_C_5601 Windows949 EUC-KR", "\xc7\xd1", "한", ""},
	{"Big5 Big5-HKSCS Windows950", "\xa7\x41", "你", ""},
	{"cp1250 windows-1250 win1250 1250", "\x9a\xe8", "šč", ""},
	{"cp1252", "\x80\x81", "€\uFFFD", "\x80?"},
	{"cp874", "\xa1", "ก", ""},
	{"ISO-8859-15 latin9", "\xa4", "€", ""},
	{"ISO-8859-11", "\xa1", "ก", ""},
	{"cp437", "\x81", "ü", ""},
	{"cp737", "\x98", "α", ""},
	{"cp808", "\xfd", "€", ""},
	{"macroman", "\xdb", "¤", ""},
	{"maccenteuro", "\x8b", "č", ""},
	{"koi8-r", "\xc1", "а", ""},
	{"koi8-u", "\xa4", "є", ""},
	{"koi8-ru", "\xae", "ў", ""},
	{"armscii8", "\xb2", "Ա", ""},
	{"georgianps", "\xc0", "ა", ""},
	{"viscii", "\x02A", "ẲA", ""},
	{"iso646cn", "$~", "¥‾", ""},
	{"iso646jp", `\`, "¥", ""},
	{"hproman8", "\xb7", "ñ", ""},
	{"tis620", "\xa1", "ก", ""},
	{"base64", "\x00\x01\xfe", "AAH+", ""},
	{"base64", "ab", "YWI=", ""},
	{"hex", "\xde\xad", "dead", ""},
	{"hex base64 utf8 latin1 viscii gbk", "", "", ""},
}

func TestEncodings(t *testing.T) {
	for _, tc := range samples {
		for name := range strings.FieldsSeq(tc.names) {
			enc, ok := Lookup(name)
			if !ok {
				t.Errorf("%s is not known", name)
				continue
			}
			text, err := enc.NewDecoder().String(tc.bytes)
			if err != nil || text != tc.text {
				t.Errorf("%s: %x is %q, want %q; %v", name, tc.bytes, text, tc.text, err)
			}
			want := tc.bytes
			if tc.back != "" {
				want = tc.back
			}
			bytes, err := enc.NewEncoder().String(tc.text)
			if err != nil || bytes != want {
				t.Errorf("%s: %q is %x, want %x; %v", name, tc.text, bytes, want, err)
			}
			// Byte by byte it comes to the same.
			slow := transform.NewReader(iotest.OneByteReader(strings.NewReader(tc.bytes)), enc.NewDecoder())
			if text, err := io.ReadAll(slow); err != nil || string(text) != tc.text {
				t.Errorf("%s: %x byte by byte is %q, want %q; %v", name, tc.bytes, text, tc.text, err)
			}
			slow = transform.NewReader(iotest.OneByteReader(strings.NewReader(tc.text)), enc.NewEncoder())
			if bytes, err := io.ReadAll(slow); err != nil || string(bytes) != want {
				t.Errorf("%s: %q byte by byte is %x, want %x; %v", name, tc.text, bytes, want, err)
			}
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, name := range []string{"", "none", "setbymsg", "iso-8859-12", "klingon"} {
		if _, ok := Lookup(name); ok {
			t.Errorf("%q is known", name)
		}
	}
}

// What a character set lacks is a question mark, and text as binary follows
// Node.js: other characters are skipped in base64 and end hex.
func TestEncodeWithLoss(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"latin1", "a試b験", "a?b?"},
		{"viscii", "試", "?"},
		{"gbk", "a💩b", "a?b"},
		{"base64", "YW\nJj ZGU=YWJj", "abcde"},
		{"base64", "_-8", "\xff\xef"},
		{"base64", "YWJjY", "abc"},
		{"hex", "deadZZbeef", "\xde\xad"},
		{"hex", "abc", "\xab"},
	} {
		enc, _ := Lookup(tc.name)
		if got, err := enc.NewEncoder().String(tc.text); err != nil || got != tc.want {
			t.Errorf("%s: %q is %q, want %q; %v", tc.name, tc.text, got, tc.want, err)
		}
	}
}

// All tables turn every byte into a character and back, but for those bytes
// that stand for nothing and those that share a character with another.
func TestTables(t *testing.T) {
	list := parseTables(tables)
	if len(list) != 45 {
		t.Errorf("%d tables", len(list))
	}
	for _, table := range list {
		for b, r := range table.chars {
			if r == '\uFFFD' {
				continue
			}
			if back := table.bytes[r]; table.chars[back] != r || int(back) < b && r > '~' {
				t.Errorf("%s: byte %x is %U, which is byte %x", table.names[0], b, r, back)
			}
		}
	}
}

func TestIsText(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "plain\ttext\r\n": true, "é試💩": true,
		"\x01": false, "\x1b[1m": false, "\x7f": false, "\x00": false, "\xc3": false, "\xed\xa0\x80": false,
	} {
		if IsText([]byte(text)) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// No bytes and no text make a conversion fail, and cutting them in pieces
// changes nothing.
func FuzzConversion(f *testing.F) {
	for _, s := range samples {
		f.Add(strings.Fields(s.names)[0], []byte(s.bytes))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		enc, ok := Lookup(name)
		if !ok {
			t.Skip()
		}
		text, err := enc.NewDecoder().Bytes(data)
		if err != nil {
			t.Fatal(err)
		}
		slow, err := io.ReadAll(transform.NewReader(iotest.OneByteReader(strings.NewReader(string(data))), enc.NewDecoder()))
		if err != nil || string(slow) != string(text) {
			t.Errorf("%s: %x is %q, byte by byte %q; %v", name, data, text, slow, err)
		}
		if _, err := enc.NewEncoder().Bytes(text); err != nil {
			t.Error(err)
		}
	})
}
