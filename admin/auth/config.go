package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"golang.org/x/crypto/bcrypt"
	"gopkg.in/yaml.v3"
)

// defaultExpiry is how long a login lasts, as in Node-RED: a week.
const defaultExpiry = 7 * 24 * time.Hour

// minToken is how many characters a token has at least that a user has made up.
const minToken = 16

// Config says who may do what.
type Config struct {
	Users []User
	// Anonymous is what everybody may do without logging in.
	Anonymous Permissions
	// Tokens are those that never expire.
	Tokens []Token
	// Expiry is how long a login lasts; 0 is a week.
	Expiry time.Duration
}

// User is somebody who logs in with a password.
type User struct {
	Name        string      `yaml:"username"`
	Hash        string      `yaml:"password"` // bcrypt, of the password
	Permissions Permissions `yaml:"permissions"`
}

// Token is one for a script: it says by itself what it allows.
type Token struct {
	Text  string      `yaml:"token"`
	User  string      `yaml:"user"`
	Scope Permissions `yaml:"scope"`
}

// file is Node-RED's adminAuth setting, as JSON or YAML.
type file struct {
	Type    string `yaml:"type"`
	Users   []User `yaml:"users"`
	Default *struct {
		Permissions Permissions `yaml:"permissions"`
	} `yaml:"default"`
	Tokens            []Token `yaml:"tokens"`
	SessionExpiryTime int     `yaml:"sessionExpiryTime"` // seconds
}

// ReadFile reads a file with users: what Node-RED has in its settings as
// adminAuth, in JSON or YAML.
//
//	users:
//	  - username: admin
//	    password: $2b$10$…       # a bcrypt hash
//	    permissions: "*"
//	default:
//	  permissions: read          # without a login; optional
//	tokens:                      # for scripts; optional
//	  - {token: …, user: ci, scope: [flows.read, flows.write]}
//	sessionExpiryTime: 86400     # seconds; a week if it is left out
//
// An error tells the place in the file and never what stands there.
func ReadFile(name string) (Config, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Config{}, err
	}
	var f file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("%s: %s", name, placeOf(err))
	}
	c := Config{Users: f.Users, Tokens: f.Tokens, Expiry: time.Duration(f.SessionExpiryTime) * time.Second}
	if f.Default != nil {
		c.Anonymous = f.Default.Permissions
	}
	if err := f.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

var yamlLine = regexp.MustCompile(`line \d+`)

// placeOf says where YAML is not as expected. What the library says quotes the
// file, which has secrets.
func placeOf(err error) string {
	if line := yamlLine.FindString(err.Error()); line != "" {
		return line + " is not as expected: users with username, password and permissions, default, tokens, sessionExpiryTime"
	}
	return "it is no JSON and no YAML"
}

func (f *file) check() error {
	if f.Type != "" && f.Type != "credentials" {
		return errors.New("type: only credentials is possible")
	}
	if f.SessionExpiryTime < 0 {
		return errors.New("sessionExpiryTime: it must be a number of seconds")
	}
	if len(f.Users) == 0 && len(f.Tokens) == 0 {
		return errors.New("there is no user and no token in it")
	}
	seen := map[string]bool{}
	for i, u := range f.Users {
		switch _, err := bcrypt.Cost([]byte(u.Hash)); {
		case u.Name == "":
			return fmt.Errorf("user %d: username is missing", i+1)
		case seen[u.Name]:
			return fmt.Errorf("user %q stands there twice", u.Name)
		case err != nil:
			return fmt.Errorf("user %q: password must be a bcrypt hash; flowrun hash-password makes one", u.Name)
		case len(u.Permissions) == 0:
			return fmt.Errorf(`user %q: permissions are missing: "*", read, or a list such as [flows.read]`, u.Name)
		}
		seen[u.Name] = true
	}
	for i, t := range f.Tokens {
		if err := CheckToken(t.Text); err != nil {
			return fmt.Errorf("token %d: %w", i+1, err)
		}
		if len(t.Scope) == 0 {
			return fmt.Errorf(`token %d: scope is missing: "*", read, or a list such as [flows.read]`, i+1)
		}
	}
	return nil
}

var tokenChars = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`) // token68 of RFC 9110

// CheckToken tells what is wrong with a token that somebody has made up.
func CheckToken(text string) error {
	switch {
	case len(text) < minToken:
		return fmt.Errorf("a token must have at least %d characters", minToken)
	case !tokenChars.MatchString(text):
		return errors.New("a token has letters, digits and ._~+/- only")
	}
	return nil
}
