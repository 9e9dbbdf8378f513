// Package files has what the nodes that read and write files share: where the
// name of the file comes from, and errors as Node.js words them.
package files

import (
	"path/filepath"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/charset"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"golang.org/x/text/encoding"
)

// Name is the file name in a node's configuration.
type Name struct {
	// Fixed tells that it is the same for all messages.
	Fixed bool

	get  typed.Getter
	live *settings.Live
}

// CompileName compiles the properties filename and filenameType (str, msg, env,
// jsonata …). Without a type the name is text, or msg.filename if it is empty,
// as in flows made before Node-RED 3. An error is a *flow.ConfigError.
func CompileName(place typed.Place, name flow.Value, typ string, live *settings.Live) (Name, error) {
	if typ == "" {
		typ = "str"
		if name == nil || name == "" {
			name, typ = "filename", "msg"
		}
	}
	get, err := place.Compile("filename", name, typ)
	return Name{Fixed: typ == "str" || typ == "env", get: get, live: live}, err
}

// Of returns the name for a message, "" if there is none.
func (n Name) Of(msg *flow.Message) (string, error) {
	v, err := n.get(msg)
	if err != nil {
		return "", err
	}
	switch v.(type) {
	case nil, flow.Null:
		return "", nil
	}
	return flow.Text(v), nil
}

// Resolve returns the path of a file: a relative name begins at the
// fileWorkingDirectory of the settings, if that is set.
func (n Name) Resolve(name string) string {
	dir := n.live.Get().FileWorkingDirectory
	if dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// LookupEncoding returns the encoding that a node's property names; nil is the
// default, UTF-8. An error is a *flow.ConfigError.
func LookupEncoding(name string) (encoding.Encoding, error) {
	if name == "" || name == "none" {
		return nil, nil
	}
	enc, ok := charset.Lookup(name)
	if !ok {
		return nil, &flow.ConfigError{Property: "encoding", Reason: "Encoding not recognized: '" + name + "'"}
	}
	return enc, nil
}
