package framing

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/charset"
)

// Format holds the properties of a node that say what frames look like.
type Format struct {
	Framing              string `json:"framing" doc:"binary mode: how messages are told apart in the stream: delimiter, fixed, length (in front of each), stx-etx, slip (RFC 1055), cobs, netstring, json (values one after the other), json-lines (one a line), mllp (HL7) or syslog (RFC 6587); empty takes chunks as they come, and on tcp-send frames as the session does, where none sends bytes as they are"`
	Delimiter            string `json:"delimiter" doc:"framing delimiter: what ends a frame, with escapes such as \\r\\n, \\t, \\0, \\x03, \\\\, or all of it in hex such as 0x0D0A"`
	KeepDelimiter        bool   `json:"keepDelimiter" doc:"framing delimiter: it stays at the end of the payload"`
	FrameLength          int    `json:"frameLength" doc:"framing fixed: how many bytes each frame has"`
	LengthType           string `json:"lengthType" doc:"framing length: binary, varint (as in Protocol Buffers), or ascii (decimal digits and a space)"`
	LengthBytes          int    `json:"lengthBytes" doc:"how many bytes a binary length has: 1, 2, 3, 4 or 8"`
	LengthEndian         string `json:"lengthEndian" doc:"big or little: which byte of a binary length is the first"`
	LengthOffset         int    `json:"lengthOffset" doc:"how many bytes of the header are in front of a binary length; keepHeader is true then"`
	LengthIncludesHeader bool   `json:"lengthIncludesHeader" doc:"the length counts the header, which ends with the length, too"`
	LengthAdjust         int    `json:"lengthAdjust" doc:"added to the length that a header says, for one that counts more or less"`
	KeepHeader           bool   `json:"keepHeader" doc:"a binary length, and what is in front of it, stays in the payload; tcp-send writes the right length into it"`
	FrameStart           string `json:"frameStart" doc:"framing stx-etx: the byte that begins a frame; what is outside of frames is skipped"`
	FrameEnd             string `json:"frameEnd" doc:"framing stx-etx: the byte that ends a frame"`
	FrameEscape          string `json:"frameEscape" doc:"framing stx-etx: the byte in front of one that belongs to the payload; empty if there is none"`
	Charset              string `json:"charset" doc:"of text, as in latin1, utf16le, windows-1252. Line mode: empty is utf8. With a framing payloads are text of this character set; empty leaves them Buffers"`
}

// Notes documents the properties for a node that has [Frames].
const Notes = "With a framing a data message is a frame: payload is a Buffer, with a charset text, with json and json-lines the value. Frames do not depend on how TCP cut the bytes. " +
	"A line, what a delimiter would end, a line of syslog and JSON that is whole need no end before that of the session; what else is unfinished then is the error FRAME_INCOMPLETE. " +
	"Errors of frames leave on the events output of the node that gets the data. What cannot be skipped, a length or netstring that is none or text where JSON must begin, closes the connection whatever onFrameError says."

// Errors documents what the events output of such a node tells of frames.
func Errors() []flow.Doc {
	return []flow.Doc{
		{Name: TooLong, Text: "a frame or line is longer than maxFrame, or the lines that wait for a match are together; onFrameError says what follows"},
		{Name: Invalid, Text: "the bytes in payload are no frame; onFrameError says what follows"},
		{Name: Incomplete, Text: "the session has ended inside of a frame; payload is what there is of it"},
	}
}

// Frames holds the properties of a node whose connections are cut into frames.
type Frames struct {
	Format
	MaxFrame     int    `json:"maxFrame" doc:"how many bytes a frame or line has at most, with all that surrounds its payload; a longer one is an error, FRAME_TOO_LONG"`
	OnFrameError string `json:"onFrameError" doc:"what follows a frame that is too long or invalid: close the connection, or skip the frame"`
}

// DefaultFormat returns the properties of a node without any.
func DefaultFormat() Format {
	return Format{
		LengthType: "binary", LengthBytes: 4, LengthEndian: "big",
		FrameStart: `\x02`, FrameEnd: `\x03`, FrameEscape: `\x10`,
	}
}

// Default returns the properties of a node without any.
func Default() Frames {
	return Frames{Format: DefaultFormat(), MaxFrame: defaultMaxFrame, OnFrameError: "close"}
}

const defaultMaxFrame = 16 << 20

// largestFrame bounds maxFrame: lengths of frames are numbers of 32 bits.
const largestFrame = 1 << 30

// Stream returns how the streams of a node in line or another mode are cut, nil
// if chunks are taken as they come. The error is a *[flow.ConfigError].
func (c Frames) Stream(line bool) (*Framing, error) {
	var f *Framing
	var err error
	if line {
		f, err = c.lines()
	} else {
		f, err = c.Resolve()
	}
	switch {
	case err != nil:
		return nil, err
	case c.MaxFrame < 1 || c.MaxFrame > largestFrame:
		return nil, wrong("maxFrame", "expected 1 to %d bytes, got %d", largestFrame, c.MaxFrame)
	case c.OnFrameError != "close" && c.OnFrameError != "skip":
		return nil, wrong("onFrameError", "expected close or skip, got %q", c.OnFrameError)
	case f == nil:
		return nil, nil
	case c.Framing == "fixed" && c.FrameLength > c.MaxFrame:
		return nil, wrong("frameLength", "%d is more than maxFrame, %d", c.FrameLength, c.MaxFrame)
	}
	f.limit, f.Skip = c.MaxFrame, c.OnFrameError == "skip"
	return f, nil
}

// lines returns the framing of line mode.
func (c Frames) lines() (*Framing, error) {
	if c.Framing != "" {
		return nil, wrong("framing", "%s works in binary mode; leave it empty for lines, or set mode to binary", c.Framing)
	}
	text, err := c.encoding()
	if err != nil {
		return nil, err
	}
	if slices.Contains([]string{"base64", "hex"}, strings.ToLower(c.Charset)) {
		return nil, wrong("charset", "%s is no character set that lines may have", c.Charset)
	}
	f := Lines()
	if f.text = text; text != nil {
		f.values = lineTexts{texts{text}}
	}
	return f, nil
}

// Resolve returns the framing of frames that look so, nil if there are none. The
// error is a *[flow.ConfigError].
func (f Format) Resolve() (*Framing, error) {
	if f.Framing == "" {
		return nil, nil
	}
	format, err := f.format()
	if err != nil {
		return nil, err
	}
	framing := &Framing{format: format, values: buffers{}}
	text, err := f.encoding()
	switch {
	case err != nil:
		return nil, err
	case f.Framing == "json" || f.Framing == "json-lines":
		framing.values = jsonPayloads{}
	case text != nil:
		framing.values = texts{text}
	case f.Charset != "":
		framing.values = utf8Texts{}
	}
	return framing, nil
}

// encoding returns the character set, nil for UTF-8.
func (f Format) encoding() (encoding.Encoding, error) {
	switch strings.ToLower(strings.ReplaceAll(f.Charset, "-", "")) {
	case "", "utf8":
		return nil, nil
	}
	text, ok := charset.Lookup(f.Charset)
	if !ok {
		return nil, wrong("charset", "unknown character set %q; there are utf8, latin1, utf16le, utf16be, windows-1252, shift_jis and others", f.Charset)
	}
	return text, nil
}

func (f Format) format() (format, error) {
	switch f.Framing {
	case "delimiter":
		d, err := unescape(f.Delimiter)
		if err != nil || len(d) == 0 {
			return nil, wrong("delimiter", `expected one or more bytes, such as \r\n, \x03 or 0x0D0A, got %q`, f.Delimiter)
		}
		return newDelimited(d, f.KeepDelimiter), nil
	case "fixed":
		if f.FrameLength < 1 {
			return nil, wrong("frameLength", "expected how many bytes each frame has, got %d", f.FrameLength)
		}
		return fixed(f.FrameLength), nil
	case "length":
		return f.prefixed()
	case "stx-etx":
		return f.enclosed()
	case "slip":
		return slip{}, nil
	case "cobs":
		return cobs{}, nil
	case "netstring":
		return netstrings{}, nil
	case "json":
		return jsonValues{}, nil
	case "json-lines":
		return jsonLines{}, nil
	case "mllp":
		return mllp(), nil
	case "syslog":
		return syslog{}, nil
	}
	return nil, wrong("framing", "expected delimiter, fixed, length, stx-etx, slip, cobs, netstring, json, json-lines, mllp, syslog or nothing, got %q", f.Framing)
}

// largestOffset bounds lengthOffset: no protocol needs more.
const largestOffset = 1 << 10

func (f Format) prefixed() (format, error) {
	p := prefixed{
		kind: f.LengthType, size: f.LengthBytes, little: f.LengthEndian == "little",
		offset: f.LengthOffset, whole: f.LengthIncludesHeader, adjust: f.LengthAdjust,
		keep: f.KeepHeader || f.LengthOffset > 0,
	}
	binary := p.kind == "binary"
	switch {
	case !slices.Contains([]string{"binary", "varint", "ascii"}, p.kind):
		return nil, wrong("lengthType", "expected binary, varint or ascii, got %q", p.kind)
	case binary && !slices.Contains([]int{1, 2, 3, 4, 8}, p.size):
		return nil, wrong("lengthBytes", "expected 1, 2, 3, 4 or 8, got %d", p.size)
	case binary && !p.little && f.LengthEndian != "big":
		return nil, wrong("lengthEndian", "expected big or little, got %q", f.LengthEndian)
	case p.offset < 0 || p.offset > largestOffset:
		return nil, wrong("lengthOffset", "expected 0 to %d bytes, got %d", largestOffset, p.offset)
	case p.adjust < -largestFrame || p.adjust > largestFrame:
		return nil, wrong("lengthAdjust", "expected -%d to %[1]d, got %d", largestFrame, p.adjust)
	case !binary && (p.keep || p.whole):
		return nil, wrong("lengthType", "lengthOffset, keepHeader and lengthIncludesHeader need a binary length, got %s", p.kind)
	}
	return p, nil
}

func (f Format) enclosed() (format, error) {
	start, err := oneByte("frameStart", f.FrameStart)
	if err != nil {
		return nil, err
	}
	end, err := oneByte("frameEnd", f.FrameEnd)
	if err != nil {
		return nil, err
	}
	if start == end {
		return nil, wrong("frameEnd", "is the same byte as frameStart; for frames that one byte ends use framing delimiter")
	}
	if f.FrameEscape == "" {
		return newEnclosed(start, []byte{end}), nil
	}
	escape, err := oneByte("frameEscape", f.FrameEscape)
	if err != nil {
		return nil, err
	}
	if escape == start || escape == end {
		return nil, wrong("frameEscape", "is the same byte as frameStart or frameEnd")
	}
	return escaped{start, end, escape}, nil
}

func oneByte(property, text string) (byte, error) {
	b, err := unescape(text)
	if err != nil || len(b) != 1 {
		return 0, wrong(property, `expected one byte, such as \x02 or 0x02, got %q`, text)
	}
	return b[0], nil
}

func wrong(property, reason string, args ...any) error {
	return &flow.ConfigError{Property: property, Reason: fmt.Sprintf(reason, args...)}
}
