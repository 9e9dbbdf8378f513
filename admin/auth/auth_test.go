package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const password = "open-sesame"

func hashed(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// newAuthority returns one with the users admin (*), reader (read) and some
// (flows.read, inject.write), and what it logs.
func newAuthority(t *testing.T) (*Authority, *bytes.Buffer) {
	t.Helper()
	hash, log := hashed(t), &bytes.Buffer{}
	return New(Config{Users: []User{
		{"admin", hash, Permissions{"*"}},
		{"reader", hash, Permissions{"read"}},
		{"some", hash, Permissions{"flows.read", "inject.write"}},
	}}, slog.New(slog.NewTextHandler(log, nil))), log
}

func TestPermissions(t *testing.T) {
	for _, test := range []struct {
		has  Permissions
		want string
		ok   bool
	}{
		{nil, "flows.read", false},
		{nil, "", true},
		{Permissions{"*"}, "flows.write", true},
		{Permissions{"*"}, "*", true},
		{Permissions{"read"}, "flows.read", true},
		{Permissions{"*.read"}, "flows.read", true},
		{Permissions{"read"}, "read", true},
		{Permissions{"read"}, "flows.write", false},
		{Permissions{"read"}, "*", false},
		{Permissions{"read"}, ".read", false},
		{Permissions{"read"}, "bread", false},
		{Permissions{"write"}, "flows.write", true},
		{Permissions{"write"}, "flows.read", false},
		{Permissions{"flows.read"}, "flows.read", true},
		{Permissions{"flows.read"}, "flows.readers", false},
		{Permissions{"flows.read"}, "read", false},
		{Permissions{"a.read", "flows.read"}, "flows.read", true},
	} {
		if ok := test.has.Allow(test.want); ok != test.ok {
			t.Errorf("%q allow %q: %t", test.has, test.want, ok)
		}
	}
}

func TestLogin(t *testing.T) {
	a, _ := newAuthority(t)
	for _, test := range []struct {
		user, password string
		scope          Permissions
		err            error
		allows, denies string
	}{
		{user: "admin", password: password, scope: Permissions{"*"}, allows: "flows.write"},
		{user: "admin", password: password, allows: "flows.write"},
		{user: "admin", password: password, scope: Permissions{"flows.read", "nodes.read"}, allows: "nodes.read", denies: "flows.write"},
		{user: "admin", password: "wrong", err: ErrCredentials},
		{user: "admin", err: ErrCredentials},
		{user: "nobody", password: password, err: ErrCredentials},
		{user: "reader", password: password, scope: Permissions{"*"}, err: ErrCredentials},
		{user: "reader", password: password, allows: "flows.read", denies: "flows.write"},
		{user: "some", password: password, allows: "inject.write", denies: "context.read"},
	} {
		token, expiry, err := a.Login(t.Context(), test.user, test.password, test.scope, "192.0.2.1")
		if !errors.Is(err, test.err) {
			t.Errorf("%+v: %v", test, err)
		}
		if err != nil {
			continue
		}
		g := a.Check(token)
		if g == nil || g.User.Name != test.user || g.User.Hash != "" || expiry != 7*24*time.Hour {
			t.Fatalf("%+v: the grant is %+v for %v", test, g, expiry)
		}
		if !g.Allows(test.allows) || test.denies != "" && g.Allows(test.denies) {
			t.Errorf("%+v: the scope is %q", test, g.Scope)
		}
	}
	for _, token := range []string{"", "wrong"} {
		if a.Check(token) != nil {
			t.Errorf("the token %q is valid", token)
		}
	}
}

func TestTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := newAuthority(t)
		login := func() (string, *Grant) {
			token, _, err := a.Login(t.Context(), "admin", password, nil, "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			return token, a.Check(token)
		}
		revoked, grant := login()
		a.Revoke(revoked)
		a.Revoke("no such token")
		if a.Check(revoked) != nil || grant.Ended().Err() == nil {
			t.Error("a revoked token is valid")
		}
		expires, grant := login()
		time.Sleep(defaultExpiry - time.Second) // the bubble sleeps
		if a.Check(expires) == nil {
			t.Error("the token has expired too soon")
		}
		time.Sleep(time.Second) // the bubble sleeps
		<-grant.Ended().Done()
		if a.Check(expires) != nil {
			t.Error("an expired token is valid")
		}
		synctest.Wait()
		kept := func() int {
			a.mu.Lock()
			defer a.mu.Unlock()
			return len(a.tokens) + len(a.logins["admin"])
		}
		if n := kept(); n != 0 {
			t.Errorf("%d tokens are kept", n)
		}
		oldest, _ := login()
		for range maxTokens {
			a.issue(User{Name: "admin"}, nil)
		}
		synctest.Wait()
		if n := kept(); a.Check(oldest) != nil || n != 2*maxTokens {
			t.Errorf("%d tokens are kept", n)
		}
		time.Sleep(defaultExpiry) // the bubble sleeps
		synctest.Wait()
	})
}

// Twenty wrong logins take the longer the more there are, the sixth of a user is
// refused whatever its password, and the log has all of them.
func TestWrongLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, log := newAuthority(t)
		began := time.Now()
		for i := range 20 {
			_, _, err := a.Login(t.Context(), "admin", "guess", nil, "192.0.2.1")
			if want := map[bool]error{true: ErrCredentials, false: ErrTooMany}[i < maxPerPair]; !errors.Is(err, want) {
				t.Errorf("attempt %d: %v", i+1, err)
			}
		}
		if took := time.Since(began); took < 20*time.Second {
			t.Errorf("20 wrong logins took %v", took)
		}
		if n := strings.Count(log.String(), `msg="login refused" user=admin address=192.0.2.1`); n != 20 {
			t.Errorf("%d log lines", n)
		}
		if strings.Contains(log.String(), "guess") {
			t.Error("the log has the password")
		}
		try := func(user, address string) error {
			_, _, err := a.Login(t.Context(), user, password, nil, address)
			return err
		}
		if err := try("admin", "192.0.2.1"); !errors.Is(err, ErrTooMany) {
			t.Errorf("the right password too late: %v", err)
		}
		if err := try("reader", "192.0.2.1"); !errors.Is(err, ErrTooMany) {
			t.Errorf("another user from there: %v", err)
		}
		if err := try("admin", "192.0.2.2"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
		time.Sleep(attemptWindow) // the bubble sleeps
		if err := try("admin", "192.0.2.1"); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}

// Who gives up waiting has not gained an attempt.
func TestImpatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := newAuthority(t)
		for i := range maxPerPair + 1 {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, _, err := a.Login(ctx, "admin", "guess", nil, "192.0.2.1"); i == maxPerPair && !errors.Is(err, ErrTooMany) {
				t.Errorf("the last attempt: %v", err)
			}
		}
	})
}

// Many addresses that try one user are stopped too.
func TestManyAddresses(t *testing.T) {
	var a attempts
	for i := range maxPerUser {
		if _, ok := a.begin("admin", fmt.Sprint(i)); !ok {
			t.Fatalf("attempt %d is refused", i)
		}
	}
	if _, ok := a.begin("admin", "elsewhere"); ok {
		t.Error("there is no end")
	}
}

// Success forgets the failures of the user, and no others.
func TestSucceeded(t *testing.T) {
	var a attempts
	for range 3 {
		a.begin("admin", "x")
		a.begin("reader", "x")
	}
	a.succeeded("admin", "x")
	a.succeeded("nobody", "x")
	if n := a.counts[attemptKey{"", "x"}].n; n != 3 {
		t.Errorf("%d failures from the address are left", n)
	}
	if a.counts[attemptKey{"admin", "x"}] != nil || a.counts[attemptKey{"reader", "x"}].n != 3 {
		t.Errorf("%v are left", a.counts)
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8::1:2:3:4": "2001:db8::/64",
		"fe80::1%eth0": "fe80::/64", "no address": "no address",
	} {
		if got := network(address); got != want {
			t.Errorf("%s is in %s, want %s", address, got, want)
		}
	}
}

func TestTokensOfTheFile(t *testing.T) {
	a := New(Config{Tokens: []Token{{Text: "0123456789abcdef", User: "ci", Scope: Permissions{"flows.read"}}}}, slog.New(slog.DiscardHandler))
	g := a.Check("0123456789abcdef")
	if g == nil || g.User.Name != "ci" || !g.Allows("flows.read") || g.Allows("flows.write") {
		t.Errorf("the grant is %+v", g)
	}
	a.Revoke("0123456789abcdef")
	if a.Check("0123456789abcdef") == nil {
		t.Error("it can be revoked")
	}
	if _, _, err := a.Login(t.Context(), "ci", "", nil, "192.0.2.1"); !errors.Is(err, ErrCredentials) {
		t.Errorf("a login without users: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	hash := hashed(t)
	for _, test := range []struct{ name, text, err string }{
		{"JSON", `{"type":"credentials","users":[{"username":"a","password":"HASH","permissions":["flows.read"]}],"default":{"permissions":"read"},"sessionExpiryTime":60}`, ""},
		{"YAML", "users:\n- {username: a, password: HASH, permissions: '*'}\ntokens:\n- {token: 0123456789abcdef, user: ci, scope: read}\n", ""},
		{"nothing", ``, "there is no user and no token in it"},
		{"a strategy", `{"type":"strategy"}`, "type: only credentials is possible"},
		{"a misspelt name", "user:\n- {username: a}\n", "line 1 is not as expected: …"},
		{"a wrong kind", "users:\n- {username: a, password: HASH, permissions: {planted: secret}}\n", "line 2 is not as expected: …"},
		{"no YAML", "\t{", "it is no JSON and no YAML"},
		{"a plain password", `{"users":[{"username":"a","password":"planted","permissions":"*"}]}`, `user "a": password must be a bcrypt hash; …`},
		{"no permissions", `{"users":[{"username":"a","password":"HASH"}]}`, `user "a": permissions are missing: …`},
		{"no name", `{"users":[{"password":"HASH","permissions":"*"}]}`, `user 1: username is missing`},
		{"twice", `{"users":[{"username":"a","password":"HASH","permissions":"*"},{"username":"a","password":"HASH","permissions":"*"}]}`, `user "a" stands there twice`},
		{"a short token", `{"tokens":[{"token":"planted","scope":"*"}]}`, "token 1: a token must have at least 16 characters"},
		{"an odd token", `{"tokens":[{"token":"planted secret 16","scope":"*"}]}`, "token 1: a token has letters, digits and ._~+/- only"},
		{"a token for nothing", `{"tokens":[{"token":"0123456789abcdef"}]}`, "token 1: scope is missing: …"},
		{"a negative time", `{"sessionExpiryTime":-1}`, "sessionExpiryTime: it must be a number of seconds"},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "users.json")
			if err := os.WriteFile(name, []byte(strings.ReplaceAll(test.text, "HASH", hash)), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := ReadFile(name)
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), name+": ")
			}
			start, isStart := strings.CutSuffix(test.err, "…")
			if got != test.err && (!isStart || !strings.HasPrefix(got, start)) {
				t.Errorf("the error is %q, want %q", got, test.err)
			}
			if strings.Contains(got, "planted") || strings.Contains(got, hash) {
				t.Errorf("the error tells a secret: %q", got)
			}
			if test.name == "JSON" && (c.Expiry != time.Minute || len(c.Anonymous) != 1 || len(c.Users) != 1 || c.Users[0].Permissions[0] != "flows.read") {
				t.Errorf("read %+v", c)
			}
		})
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestAnonymous(t *testing.T) {
	a := New(Config{Anonymous: Permissions{"read"}}, slog.New(slog.DiscardHandler))
	if g := a.Anonymous(); g == nil || !g.Allows("flows.read") || g.Allows("flows.write") {
		t.Errorf("anonymous may %+v", g)
	}
	if a, _ := newAuthority(t); a.Anonymous() != nil {
		t.Error("anonymous may do something")
	}
}

func TestHashPassword(t *testing.T) {
	hash, err := HashPassword(password)
	if err != nil || bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) != nil {
		t.Errorf("%q, %v", hash, err)
	}
	if _, err := HashPassword(strings.Repeat("x", 73)); err == nil {
		t.Error("bcrypt takes 72 bytes at most")
	}
}
