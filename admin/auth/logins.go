package auth

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// login is one that lasts, in the file of [Authority.Keep]. The token itself is
// nowhere in it.
type login struct {
	SHA256  string      `json:"sha256"` // of the token, in hex
	User    string      `json:"user"`
	Scope   Permissions `json:"scope"`
	Expires time.Time   `json:"expires"`
}

// Keep goes on with the logins that a file has, and keeps them there from now on,
// readable for its owner only. Those that have expired, of users that are gone,
// and for more than their users may do now, are dropped. It is called before
// anybody logs in.
func (a *Authority) Keep(file string) error {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var logins []login
	if err == nil {
		if err := json.Unmarshal(text, &logins); err != nil {
			return fmt.Errorf("%s has no logins, remove it: %w", file, err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range logins {
		user, known := a.users[l.User]
		id, err := hex.DecodeString(l.SHA256)
		if !known || err != nil || len(id) != len(tokenID{}) || !user.Permissions.AllowAll(l.Scope) || !l.Expires.After(time.Now()) {
			continue
		}
		user.Hash = ""
		a.grant(&Grant{User: user, Scope: l.Scope, id: tokenID(id)}, l.Expires)
	}
	a.file = file
	return a.write()
}

// grant has a login last until it expires. The caller holds mu.
func (a *Authority) grant(g *Grant, expires time.Time) {
	g.ended, g.cancel = context.WithDeadline(context.Background(), expires)
	a.tokens[g.id] = g
	a.logins[g.User.Name] = append(a.logins[g.User.Name], g)
	context.AfterFunc(g.ended, func() { a.forget(g) })
}

// save keeps the logins as they are now. A login that cannot be kept is good until
// the program ends. The caller holds mu.
func (a *Authority) save() {
	if err := a.write(); err != nil {
		a.log.Warn("the logins cannot be kept", "error", err)
	}
}

func (a *Authority) write() error {
	if a.file == "" {
		return nil
	}
	logins := []login{}
	for name, grants := range a.logins {
		for _, g := range grants {
			expires, _ := g.ended.Deadline()
			logins = append(logins, login{hex.EncodeToString(g.id[:]), name, g.Scope, expires})
		}
	}
	text, err := json.MarshalIndent(logins, "", "  ")
	if err != nil {
		return err
	}
	next := a.file + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, a.file)
}
