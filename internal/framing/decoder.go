package framing

import (
	"errors"
	"slices"

	"golang.org/x/text/transform"
)

// decoder makes UTF-8 of a stream in another character set.
type decoder struct {
	transformer transform.Transformer
	rest        []byte // the start of a character
	text        []byte
}

// decode returns the text of a chunk, valid until the next call. The start of a
// character at its end waits for the rest, unless the stream ends here.
func (d *decoder) decode(chunk []byte, end bool) []byte {
	source := chunk
	if len(d.rest) > 0 {
		source = slices.Concat(d.rest, chunk)
	}
	if cap(d.text) > keepSpace {
		d.text = nil
	}
	d.text = d.text[:0]
	for {
		d.text = slices.Grow(d.text, len(source)+64)
		n, used, err := d.transformer.Transform(d.text[len(d.text):cap(d.text)], source, end)
		d.text, source = d.text[:len(d.text)+n], source[used:]
		if !errors.Is(err, transform.ErrShortDst) {
			break
		}
	}
	d.rest = append(d.rest[:0], source...)
	return d.text
}
