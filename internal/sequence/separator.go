package sequence

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// escapes are those of the editor. As in Node-RED \e is the letter e.
var escapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\e`, "e", `\f`, "\f", `\0`, "\x00")

// Unescape replaces the escapes that people write in separators: \n, \r, \t, \f
// and \0.
func Unescape(text string) string { return escapes.Replace(text) }

// ParseBytes reads a separator given as a JSON list of bytes. It returns the
// list, which is what stands in msg.parts.ch, and the bytes.
func ParseBytes(text string) (flow.Array, []byte, error) {
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		return nil, nil, fmt.Errorf("%q is no JSON list of bytes, such as [13,10]: %w", text, err)
	}
	list, ok := v.(flow.Array)
	if !ok {
		return nil, nil, fmt.Errorf("%s is no list of bytes, such as [13,10]", text)
	}
	return list, flow.BufferOf(list), nil
}
