package conformance

import (
	"crypto/sha1"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

const uuidPattern = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

var (
	sessionID = regexp.MustCompile("sess-" + uuidPattern)
	messageID = regexp.MustCompile("msg-" + uuidPattern)
	isoTime   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z`)
	hexID     = regexp.MustCompile("^[0-9a-f]{16}$")
)

const (
	longText = 4000 // more is a hash in a transcript
	longList = 300
)

// normaliser takes out of values what differs from run to run. Ids are numbered
// in the order in which it meets them, so what is normalised first to last is
// part of the format: see [observed.normalise].
type normaliser struct {
	ports                     portMap
	sessions, messages, msgID map[string]string
}

func newNormaliser(ports portMap) *normaliser {
	return &normaliser{ports, map[string]string{}, map[string]string{}, map[string]string{}}
}

func number(ids map[string]string, id, prefix string) string {
	if _, ok := ids[id]; !ok {
		ids[id] = prefix + strconv.Itoa(len(ids)+1)
	}
	return ids[id]
}

// text normalises what stands inside of text.
func (n *normaliser) text(s string) string {
	s = sessionID.ReplaceAllStringFunc(s, func(id string) string { return number(n.sessions, id, "sess-") })
	s = messageID.ReplaceAllStringFunc(s, func(id string) string { return number(n.messages, id, "msg-") })
	s = isoTime.ReplaceAllLiteralString(s, "<ts>")
	for port, placeholder := range n.ports {
		s = replaceNumber(s, strconv.Itoa(port), placeholder)
	}
	return s
}

// replaceNumber replaces digits in s where no other digit stands next to them.
func replaceNumber(s, digits, by string) string {
	isDigit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	var b strings.Builder
	done := 0
	for from := 0; ; {
		i := strings.Index(s[from:], digits)
		if i < 0 {
			return b.String() + s[done:]
		}
		i += from
		end := i + len(digits)
		if isDigit(i-1) || isDigit(end) {
			from = i + 1
			continue
		}
		b.WriteString(s[done:i] + by)
		from, done = end, end
	}
}

// value normalises v, which is the property key of what is the property parent
// ("" where there is none; items of a list go by the list's key).
func (n *normaliser) value(v flow.Value, key, parent string) flow.Value {
	switch v := v.(type) {
	case string:
		return n.string(v, key, parent)
	case float64:
		return n.number(v, key)
	case flow.Array:
		return n.array(v, key)
	case *flow.Object:
		return n.object(v, key)
	}
	return v
}

func (n *normaliser) string(s, key, parent string) flow.Value {
	if key == "stack" {
		return "<stack>"
	}
	if length := utf8.RuneCountInString(s); length > longText {
		return fmt.Sprintf("<%d chars, sha1 %x>", length, sha1.Sum([]byte(s)))
	}
	_, known := n.msgID[s]
	if key == "_msgid" || key == "id" && (parent == "parts" || parent == "_linkSource") || known && hexID.MatchString(s) {
		return number(n.msgID, s, "m")
	}
	return n.text(s)
}

func (n *normaliser) number(f float64, key string) flow.Value {
	if placeholder, ok := n.ports[int(f)]; ok && f == float64(int(f)) {
		return placeholder
	}
	const firstEphemeral, lastEphemeral = 32768, 60999 // Linux' default range
	switch key {
	case "localPort", "remotePort", "port":
		if f >= firstEphemeral && f <= lastEphemeral {
			return "<port>"
		}
	}
	return f
}

func (n *normaliser) array(list flow.Array, key string) flow.Value {
	if len(list) > longList {
		return flow.NewObject("$list", float64(len(list)), "first", n.value(list[0], "", ""),
			"sha1", fmt.Sprintf("%x", sha1.Sum(appendSpacedJSON(nil, list))))
	}
	out := make(flow.Array, len(list))
	for i, item := range list {
		out[i] = n.value(item, key, key)
	}
	return out
}

func (n *normaliser) object(o *flow.Object, key string) flow.Value {
	if b, ok := bufferBytes(o); ok {
		if len(b) > longText {
			return flow.NewObject("type", "Buffer", "length", float64(len(b)))
		}
		return flow.NewObject("type", "Buffer", "data", o.Get("data"))
	}
	out := &flow.Object{}
	for k, v := range o.All() {
		out.Set(k, n.value(v, k, key))
	}
	return out
}

// appendSpacedJSON appends v as JSON in ASCII with a space after each comma and
// colon: the form that the hashes in the transcripts were made of.
func appendSpacedJSON(b []byte, v flow.Value) []byte {
	switch v := v.(type) {
	case flow.Array:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendSpacedJSON(b, item)
		}
		return append(b, ']')
	case *flow.Object:
		b = append(b, '{')
		separator := ""
		for key, item := range v.All() {
			b = append(b, separator...)
			b = append(appendSpacedJSON(b, key), ": "...)
			b = appendSpacedJSON(b, item)
			separator = ", "
		}
		return append(b, '}')
	case string:
		return appendASCII(b, flow.JSON(v))
	}
	return flow.AppendJSON(b, v)
}

func appendASCII(b []byte, s string) []byte {
	for _, r := range s {
		if r < 0x7f {
			b = append(b, byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			b = fmt.Appendf(b, `\u%04x`, unit)
		}
	}
	return b
}

// showBytes is how a transcript shows bytes that a peer received.
func showBytes(b []byte) string {
	if len(b) > longText {
		return fmt.Sprintf("%d bytes, first %s", len(b), showBytes(b[:16]))
	}
	if !utf8.Valid(b) {
		return fmt.Sprintf("hex:%x", b)
	}
	return string(b)
}

// observed is what one run of a scenario showed.
type observed struct {
	trace  []*flow.Object // see traceLine
	peers  map[string]*flow.Object
	checks flow.Array
	exit   flow.Value // flow.Null, or how flowrun ended by itself
}

// sections are the parts of a transcript, in the order in which they are normalised.
var sections = []string{"emits", "statuses", "logs", "peers", "exit", "checks"}

// normalise makes a transcript of what was observed. Each part goes by its keys
// in order, so the numbering does not hang on how different nodes interleave.
func (o observed) normalise(ports portMap) *flow.Object {
	n := newNormaliser(ports)
	emits, statuses, logs := map[string]flow.Array{}, map[string]flow.Array{}, map[string]flow.Array{}
	for _, line := range o.trace {
		node, _ := line.Get("node").(string)
		switch {
		case line.Get("from") != nil:
			key := flow.Text(line.Get("from")) + ":" + flow.Text(line.Get("port"))
			emits[key] = append(emits[key], line)
		case line.Get("status") != nil:
			statuses[node] = append(statuses[node], line)
		case line.Get("log") != nil:
			logs[node] = append(logs[node], line)
		}
	}
	peers := &flow.Object{}
	transcript := flow.NewObject(
		"emits", grouped(emits, func(line *flow.Object) flow.Value {
			return flow.NewObject("to", line.Get("to"), "msg", n.value(line.Get("msg"), "", ""))
		}),
		"statuses", grouped(statuses, func(line *flow.Object) flow.Value {
			return n.value(line.Get("status"), "", "")
		}),
		"logs", grouped(logs, func(line *flow.Object) flow.Value {
			return flow.NewObject("level", line.Get("log"), "text", n.text(flow.Text(line.Get("text"))))
		}),
		"peers", peers)
	for _, id := range slices.Sorted(maps.Keys(o.peers)) {
		peers.Set(id, n.value(o.peers[id], "", ""))
	}
	transcript.Set("exit", n.value(o.exit, "", ""))
	transcript.Set("checks", n.value(o.checks, "", ""))
	return transcript
}

func grouped(lines map[string]flow.Array, normalise func(*flow.Object) flow.Value) *flow.Object {
	out := &flow.Object{}
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		list := make(flow.Array, len(lines[key]))
		for i, line := range lines[key] {
			list[i] = normalise(line.(*flow.Object))
		}
		out.Set(key, list)
	}
	return out
}
