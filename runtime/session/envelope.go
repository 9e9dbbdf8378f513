package session

import (
	"time"

	"github.com/google/uuid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

// OK returns the message with which a session node tells of something that went
// well: timestamp, status "ok", the event, and then the pairs (key, value, …).
func OK(event string, pairs ...flow.Value) *flow.Message {
	m := flow.NewMessage()
	m.Set("timestamp", flow.Timestamp(time.Now()))
	m.Set("status", "ok")
	return fill(m, event, pairs)
}

// Fail returns the message with which a session node tells of an error:
// timestamp, status "error", errorCode, errorText, the event ("error" or
// "timeout"), and then the pairs.
func Fail(code, text, event string, pairs ...flow.Value) *flow.Message {
	m := flow.NewMessage()
	m.Set("timestamp", flow.Timestamp(time.Now()))
	m.Set("status", "error")
	m.Set("errorCode", code)
	m.Set("errorText", text)
	return fill(m, event, pairs)
}

// Timeout returns the message that tells of a session where nothing was sent
// or received for too long.
func Timeout(id flow.Value) *flow.Message {
	return Fail(timeoutCode, "Inactivity timeout", "timeout", "sessionId", id)
}

const timeoutCode = "TIMEOUT"

// Broken returns the message that tells why a session has ended: an [Owner]'s
// Closed has the error.
func Broken(id flow.Value, err *sockets.Error) *flow.Message {
	event := "error"
	if err.Code == timeoutCode {
		event = "timeout"
	}
	return Fail(err.Code, err.Text, event, "sessionId", id)
}

// NotFound returns the message for a session id that is not, or no longer,
// known; it is null in the message if there was none.
func NotFound(id flow.Value) *flow.Message {
	if !flow.Truthy(id) {
		id = flow.Null{}
	}
	return Fail("SESSION_NOT_FOUND", "Session not found", "error", "sessionId", id)
}

func fill(m *flow.Message, event string, pairs []flow.Value) *flow.Message {
	m.Set("event", event)
	for i := 0; i+1 < len(pairs); i += 2 {
		m.Set(pairs[i].(string), pairs[i+1])
	}
	return m
}

// NewID returns prefix-<uuid> with a random UUID (RFC 9562, version 4). There is one
// for each connection, so it makes no text in between.
func NewID(prefix string) string {
	id, _ := uuid.New().MarshalText() // it never fails
	return prefix + "-" + string(id)
}
