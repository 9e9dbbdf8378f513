package framing_test

import "testing"

func TestBadProperties(t *testing.T) {
	for _, c := range []struct{ properties, want string }{
		{`{"framing":"lines"}`, `framing: expected delimiter, fixed, length, stx-etx, slip, cobs, netstring, json, json-lines, mllp, syslog or nothing, got "lines"`},
		{`{"framing":"delimiter"}`, `delimiter: expected one or more bytes, such as \r\n, \x03 or 0x0D0A, got ""`},
		{`{"framing":"delimiter","delimiter":"\\q"}`, `delimiter: expected one or more bytes, such as \r\n, \x03 or 0x0D0A, got "\\q"`},
		{`{"framing":"delimiter","delimiter":"\\x0"}`, `delimiter: expected one or more bytes, such as \r\n, \x03 or 0x0D0A, got "\\x0"`},
		{`{"framing":"delimiter","delimiter":"0xABC"}`, `delimiter: expected one or more bytes, such as \r\n, \x03 or 0x0D0A, got "0xABC"`},
		{`{"framing":"fixed"}`, `frameLength: expected how many bytes each frame has, got 0`},
		{`{"framing":"fixed","frameLength":9,"maxFrame":8}`, `frameLength: 9 is more than maxFrame, 8`},
		{`{"framing":"length","lengthBytes":5}`, `lengthBytes: expected 1, 2, 3, 4 or 8, got 5`},
		{`{"framing":"length","lengthEndian":"middle"}`, `lengthEndian: expected big or little, got "middle"`},
		{`{"framing":"length","lengthType":"hex"}`, `lengthType: expected binary, varint or ascii, got "hex"`},
		{`{"framing":"length","lengthOffset":-1}`, `lengthOffset: expected 0 to 1024 bytes, got -1`},
		{`{"framing":"length","lengthAdjust":2000000000}`, `lengthAdjust: expected -1073741824 to 1073741824, got 2000000000`},
		{`{"framing":"length","lengthType":"varint","keepHeader":true}`, `lengthType: lengthOffset, keepHeader and lengthIncludesHeader need a binary length, got varint`},
		{`{"framing":"stx-etx","frameStart":"ab"}`, `frameStart: expected one byte, such as \x02 or 0x02, got "ab"`},
		{`{"framing":"stx-etx","frameEnd":"\\x02"}`, `frameEnd: is the same byte as frameStart; for frames that one byte ends use framing delimiter`},
		{`{"framing":"stx-etx","frameEscape":"\\x03"}`, `frameEscape: is the same byte as frameStart or frameEnd`},
		{`{"framing":"slip","maxFrame":0}`, `maxFrame: expected 1 to 1073741824 bytes, got 0`},
		{`{"framing":"slip","onFrameError":"ignore"}`, `onFrameError: expected close or skip, got "ignore"`},
		{`{"framing":"mllp","charset":"klingon"}`, `charset: unknown character set "klingon"; there are utf8, latin1, utf16le, utf16be, windows-1252, shift_jis and others`},
	} {
		if _, err := config(t, c.properties).Stream(false); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", c.properties, err)
		}
	}
	for _, c := range []struct{ properties, want string }{
		{`{"framing":"slip"}`, `framing: slip works in binary mode; leave it empty for lines, or set mode to binary`},
		{`{"charset":"hex"}`, `charset: hex is no character set that lines may have`},
	} {
		if _, err := config(t, c.properties).Stream(true); err == nil || err.Error() != c.want {
			t.Errorf("line mode, %s: %v", c.properties, err)
		}
	}
	if f, err := config(t, `{}`).Stream(false); f != nil || err != nil {
		t.Errorf("binary mode without a framing: %v, %v", f, err)
	}
}
