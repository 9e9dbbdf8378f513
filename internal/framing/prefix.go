package framing

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// prefixed are frames with their length in front of them.
type prefixed struct {
	kind   string // binary, varint or ascii
	size   int    // bytes of a binary length
	little bool   // its low byte is the first
	offset int    // bytes in front of a binary length
	whole  bool   // the length counts the header, which ends with the length
	adjust int    // added to the length
	keep   bool   // the header belongs to the payload
}

// asciiDigits is how many digits a length in text may have.
const asciiDigits = 9

func (p prefixed) scanner(limit int) scanner {
	c := countedScanner{header: p, limit: limit}
	if p.keep {
		return &wholeScanner{c}
	}
	return &c
}

// wholeScanner leaves the header in the payload.
type wholeScanner struct{ countedScanner }

func (*wholeScanner) open(frame []byte) ([]byte, *Error) { return frame, nil }

func (p prefixed) longest() int {
	switch p.kind {
	case "varint":
		return binary.MaxVarintLen64
	case "ascii":
		return asciiDigits + 1
	}
	return p.offset + p.size
}

func (p prefixed) measure(head []byte) (total, used int, bad *Error) {
	length, used, bad := p.read(head)
	if used == 0 || bad != nil {
		return 0, used, bad
	}
	total = length + p.adjust
	if !p.whole {
		total += used
	}
	if total < used {
		return 0, used, fatal("a frame says that it is shorter than its header: length %d", length)
	}
	return total, used, nil
}

// read returns the length that stands in a header.
func (p prefixed) read(head []byte) (length, used int, bad *Error) {
	var n uint64
	switch p.kind {
	case "ascii":
		return decimal(head, ' ', asciiDigits)
	case "varint":
		n, used = binary.Uvarint(head[:min(len(head), binary.MaxVarintLen64)])
		if used == 0 && len(head) >= binary.MaxVarintLen64 || used < 0 {
			return 0, binary.MaxVarintLen64, fatal("a frame does not begin with a varint of at most 64 bits")
		}
	default:
		if used = p.offset + p.size; len(head) < used {
			return 0, 0, nil
		}
		for i := range p.size {
			n = n<<8 | uint64(head[p.offset+p.place(i)])
		}
	}
	if n > math.MaxInt32 && n > math.MaxInt-math.MaxInt32 {
		return 0, used, fatal("a frame says that it has %d bytes", n)
	}
	return int(n), used, nil
}

// place returns where the i-th byte of a length is, the highest first.
func (p prefixed) place(i int) int {
	if p.little {
		return p.size - 1 - i
	}
	return i
}

func (p prefixed) encode(dst, payload []byte) ([]byte, error) {
	if p.kind != "binary" {
		n := len(payload) - p.adjust
		if n < 0 {
			return dst, errPayload("is shorter than lengthAdjust")
		}
		if p.kind == "ascii" {
			dst = append(strconv.AppendInt(dst, int64(n), 10), ' ')
		} else {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
		return append(dst, payload...), nil
	}
	start, header := len(dst), p.offset+p.size
	switch {
	case !p.keep:
		dst = append(dst, make([]byte, header)...)
	case len(payload) < header:
		return dst, errPayload(fmt.Sprintf("is shorter than the header, %d bytes, in which the length is put", header))
	}
	dst = append(dst, payload...)
	n := len(dst) - start - p.adjust
	if !p.whole {
		n -= header
	}
	if n < 0 || p.size < 8 && n >= 1<<(8*p.size) {
		return dst[:start], errPayload(fmt.Sprintf("has %d bytes, and a length of %d does not fit into %d bytes", len(payload), n, p.size))
	}
	for i := range p.size {
		dst[start+p.offset+p.place(p.size-1-i)] = byte(n >> (8 * i))
	}
	return dst, nil
}
