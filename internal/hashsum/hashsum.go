// Package hashsum is the hash that Node-RED's http request leaves in the headers
// of its answers, so that the next http node sees whether a flow has changed them.
package hashsum

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/flowrun/flowrun/flow"
)

// Header is the property of the headers that has the hash.
const Header = "x-node-red-request-node"

// Of returns the hash of a value as the npm package hash-sum computes it.
func Of(v flow.Value) string { return fmt.Sprintf("%08x", value(0, "", v)) }

// Changed returns the headers of a message without the hash; ok is false if a
// http request node has left them there and nobody has changed them since: then
// they are not meant for the next node.
func Changed(headers *flow.Object) (own *flow.Object, ok bool) {
	hash, there := headers.Lookup(Header)
	if !there {
		return headers, true
	}
	own = headers.Clone()
	own.Delete(Header)
	return own, flow.Text(hash) != Of(own)
}

func value(hash int64, key string, v flow.Value) int64 {
	class := flow.TypeName(v)
	switch class {
	case "Buffer":
		class = "Uint8Array"
	case "Array", "Date":
	default:
		class = strings.ToUpper(class[:1]) + class[1:]
	}
	typ := flow.Typeof(v)
	hash = fold(fold(fold(hash, key), "[object "+class+"]"), typ)
	switch v := v.(type) {
	case *flow.Object:
		for _, k := range slices.Sorted(slices.Values(v.Keys())) {
			hash = value(hash, k, v.Get(k))
		}
	case flow.Array:
		keys := make([]string, len(v))
		at := map[string]flow.Value{}
		for i, item := range v {
			keys[i] = fmt.Sprint(i)
			at[keys[i]] = item
		}
		slices.Sort(keys)
		for _, k := range keys {
			hash = value(hash, k, at[k])
		}
	}
	return fold(hash, flow.Text(v))
}

// fold adds a text to a hash, in the arithmetic of JavaScript: shifts and the
// result are of 32 bits, the rest is not.
func fold(hash int64, text string) int64 {
	if text == "" {
		return hash
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		hash = int64(int32(hash)<<5) - hash + int64(unit)
		hash = int64(int32(hash))
	}
	if hash < 0 {
		return hash * -2
	}
	return hash
}
