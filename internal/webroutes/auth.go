package webroutes

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"
)

// BasicAuth is one user and a password (RFC 7617), Node-RED's httpNodeAuth.
type BasicAuth struct {
	user string
	hash []byte // of the password, by bcrypt
	// known is the digest of the password that was right before: bcrypt is slow
	// on purpose, and every request has the password with it.
	known atomic.Pointer[[sha256.Size]byte]
}

// NewBasicAuth returns the user with the password that has a bcrypt hash.
func NewBasicAuth(user, hash string) (*BasicAuth, error) {
	if _, err := bcrypt.Cost([]byte(hash)); err != nil {
		return nil, fmt.Errorf("the password's hash is none of bcrypt: %w", err)
	}
	return &BasicAuth{user: user, hash: []byte(hash)}, nil
}

func (a *BasicAuth) allows(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	if !ok || subtle.ConstantTimeCompare([]byte(user), []byte(a.user)) == 0 {
		return false
	}
	digest := sha256.Sum256([]byte(password))
	if known := a.known.Load(); known != nil && subtle.ConstantTimeCompare(known[:], digest[:]) == 1 {
		return true
	}
	if bcrypt.CompareHashAndPassword(a.hash, []byte(password)) != nil {
		return false
	}
	a.known.Store(&digest)
	return true
}
