package auth

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Logins go on after a restart, until they expire, are revoked, or their user
// may not do that any more. The file has no token in it.
func TestLoginsAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "logins")
	hash := hashed(t)
	synctest.Test(t, func(t *testing.T) {
		restart := func(users ...User) *Authority {
			a := New(Config{Users: users, Expiry: time.Hour}, slog.New(slog.DiscardHandler))
			if err := a.Keep(file); err != nil {
				t.Fatal(err)
			}
			return a
		}
		expect := func(a *Authority, want string, tokens ...string) {
			t.Helper()
			var got strings.Builder
			for _, token := range tokens {
				if g := a.Check(token); g != nil {
					got.WriteString(g.User.Name + " ")
				}
			}
			if got.String() != want {
				t.Errorf("these are logged in: %q, want %q", got.String(), want)
			}
		}
		ann, bob := User{"ann", hash, Permissions{"*"}}, User{"bob", hash, Permissions{"*"}}
		a := restart(ann, bob)
		var tokens []string
		for _, name := range []string{"ann", "ann", "bob"} {
			token, _, err := a.Login(t.Context(), name, password, nil, "127.0.0.1:1")
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
		}
		a.Revoke(tokens[1])
		synctest.Wait()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range append(tokens, hash) {
			if bytes.Contains(text, []byte(secret)) {
				t.Error("a token or a hash of a password is in the file")
			}
		}
		if info, err := os.Stat(file); err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
			t.Errorf("the file has the mode %v, %v", info.Mode(), err)
		}
		expect(restart(ann, bob), "ann bob ", tokens...)
		expect(restart(ann, User{"bob", hash, Permissions{"read"}}), "ann ", tokens...)
		time.Sleep(59 * time.Minute) // in the bubble
		expect(restart(ann), "ann ", tokens...)
		time.Sleep(2 * time.Minute) // in the bubble
		expect(restart(ann, bob), "", tokens...)
	})
}
