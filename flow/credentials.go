package flow

import "log/slog"

// Credentials are the properties of a node that are kept secret. They print and
// log as nothing; only Get gives them away.
type Credentials struct{ values *Object }

// NewCredentials returns credentials with the properties of o, which may be nil.
func NewCredentials(o *Object) Credentials { return Credentials{o} }

// Get returns a property as text, "" if there is none.
func (c Credentials) Get(name string) string {
	if c.values == nil {
		return ""
	}
	v := c.values.Get(name)
	switch v.(type) {
	case nil, Null:
		return ""
	}
	return Text(v)
}

const hiddenCredentials = "(credentials)"

// String returns a text that gives nothing away.
func (Credentials) String() string { return hiddenCredentials }

// GoString is String for %#v.
func (Credentials) GoString() string { return hiddenCredentials }

// LogValue is String for logs.
func (Credentials) LogValue() slog.Value { return slog.StringValue(hiddenCredentials) }
