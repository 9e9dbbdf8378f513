// Package auth decides who may do what with the admin API. Users log in with a
// password and get a token that expires; scripts have tokens of their own. It
// works as Node-RED's adminAuth does.
//
// Nothing of it keeps a token or a password as text: tokens are known by their
// SHA-256. The log has who logged in, from where, and who was refused; a name
// that no user has is not logged, because it may be a password in the wrong
// field.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const (
	tokenBytes = 128 // of random, as in Node-RED
	// maxTokens is how many logins of a user last at a time; the oldest ends
	// when there is one more.
	maxTokens = 1000
	// maxChecks is how many passwords are looked at at a time: bcrypt is slow on
	// purpose, and must not keep the flows from running.
	maxChecks = 2
)

// Why a login fails.
var (
	// ErrCredentials says that the user, the password or the scope is wrong.
	ErrCredentials = errors.New("wrong user name, password or scope")
	// ErrTooMany says that too many attempts have failed lately.
	ErrTooMany = errors.New("too many login attempts")
)

// Authority knows the users and the tokens. It is safe for concurrent use.
type Authority struct {
	config   Config
	log      *slog.Logger
	users    map[string]User
	attempts attempts
	checks   chan struct{} // a place for each password that is looked at

	mu     sync.Mutex
	tokens map[tokenID]*Grant
	logins map[string][]*Grant // by user, oldest first
	file   string              // keeps the logins; empty if none does
}

type tokenID [sha256.Size]byte

// Grant is what a request may do, and on whose behalf.
type Grant struct {
	User  User // without its hash; no name for one who has not logged in
	Scope Permissions

	id     tokenID
	ended  context.Context // done when the token has expired or is revoked
	cancel context.CancelFunc
}

// Allows tells whether the grant allows something.
func (g *Grant) Allows(permission string) bool { return g.Scope.Allow(permission) }

// Ended returns a context that ends when the grant does.
func (g *Grant) Ended() context.Context { return g.ended }

// New returns the authority of a configuration.
func New(c Config, log *slog.Logger) *Authority {
	if c.Expiry == 0 {
		c.Expiry = defaultExpiry
	}
	a := &Authority{
		config: c, log: log, users: map[string]User{}, checks: make(chan struct{}, maxChecks),
		tokens: map[tokenID]*Grant{}, logins: map[string][]*Grant{},
	}
	for _, u := range c.Users {
		a.users[u.Name] = u
	}
	for _, t := range c.Tokens {
		user := User{Name: t.User, Permissions: t.Scope}
		if known, ok := a.users[t.User]; ok {
			user.Permissions = known.Permissions
		}
		a.tokens[idOf(t.Text)] = &Grant{User: user, Scope: t.Scope, ended: context.Background()}
	}
	return a
}

// HasUsers tells whether anybody can log in.
func (a *Authority) HasUsers() bool { return len(a.users) > 0 }

// Anonymous returns what everybody may do; nil for nothing.
func (a *Authority) Anonymous() *Grant {
	if len(a.config.Anonymous) == 0 {
		return nil
	}
	return &Grant{User: User{Permissions: a.config.Anonymous}, Scope: a.config.Anonymous, ended: context.Background()}
}

// Check returns what a token allows; nil if it is none, or not any more.
func (a *Authority) Check(token string) *Grant {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.tokens[idOf(token)]
	if g == nil || g.ended.Err() != nil {
		return nil
	}
	return g
}

// Revoke ends a token that somebody has got by logging in.
func (a *Authority) Revoke(token string) {
	if g := a.Check(token); g != nil && g.cancel != nil {
		g.cancel()
		a.log.Info("logged out", "user", g.User.Name)
	}
}

// Login gives a token for a user name and a password. The scope is what the
// token is to allow, empty for all that the user may do. An attempt that fails
// takes the longer the more have failed from the address, or until the context
// ends; the error is ErrCredentials or ErrTooMany then.
func (a *Authority) Login(ctx context.Context, name, password string, scope Permissions, address string) (token string, expiry time.Duration, err error) {
	user, known := a.users[name]
	delay, ok := a.attempts.begin(name, network(address))
	if err = ErrTooMany; ok {
		err = a.check(ctx, user, known, password, scope)
	}
	if err != nil {
		shown := name
		if !known {
			shown = "(unknown)"
		}
		a.log.Warn("login refused", "user", shown, "address", address, "reason", err, "delay", delay)
		wait(ctx, delay)
		return "", 0, err
	}
	a.attempts.succeeded(name, network(address))
	if len(scope) == 0 {
		scope = user.Permissions
	}
	user.Hash = ""
	a.log.Info("logged in", "user", name, "address", address)
	return a.issue(user, scope), a.config.Expiry, nil
}

// check looks at a password. It takes as long for a user that there is not.
func (a *Authority) check(ctx context.Context, user User, known bool, password string, scope Permissions) error {
	select {
	case a.checks <- struct{}{}:
		defer func() { <-a.checks }()
	case <-ctx.Done():
		return ctx.Err()
	}
	hash := user.Hash
	if !known {
		if len(a.config.Users) == 0 {
			return ErrCredentials
		}
		hash = a.config.Users[0].Hash
	}
	matches := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	if !known || !matches || !user.Permissions.AllowAll(scope) {
		return ErrCredentials
	}
	return nil
}

// issue makes a token.
func (a *Authority) issue(user User, scope Permissions) string {
	var random [tokenBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	// In this alphabet a token can stand in a URL and in a subprotocol.
	token := base64.RawURLEncoding.EncodeToString(random[:])
	a.mu.Lock()
	defer a.mu.Unlock()
	a.grant(&Grant{User: user, Scope: scope, id: idOf(token)}, time.Now().Add(a.config.Expiry))
	if all := a.logins[user.Name]; len(all) > maxTokens {
		all[0].cancel()
	}
	a.save()
	return token
}

// forget drops a token that has ended.
func (a *Authority) forget(g *Grant) {
	g.cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.tokens, g.id)
	list := a.logins[g.User.Name]
	for i := range list {
		if list[i] == g {
			a.logins[g.User.Name] = append(list[:i:i], list[i+1:]...)
			a.save()
			break
		}
	}
}

func idOf(token string) tokenID { return sha256.Sum256([]byte(token)) }

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// HashPassword returns the bcrypt hash of a password, at most 72 bytes long.
func HashPassword(password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return "", fmt.Errorf("hashing the password: %w", err)
	}
	return string(hash), nil
}
