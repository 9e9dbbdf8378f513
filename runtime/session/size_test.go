//go:build unix && (amd64 || arm64)

package session

import (
	"reflect"
	"testing"
)

// A session just fits into a size class of Go's allocator; the next one is an
// eighth larger. What only some sessions have belongs behind a pointer.
func TestSessionIsSmall(t *testing.T) {
	if size := reflect.TypeFor[Session]().Size(); size > 256 {
		t.Errorf("a session has %d bytes", size)
	}
}
