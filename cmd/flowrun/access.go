package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/admin/auth"
)

// adminAccess says how the admin API is reached and who may use it: its flags,
// and what they stand for.
type adminAccess struct {
	usersFile, certFile, keyFile string
	hosts, origins               []string
	maxBody                      byteSize

	auth *auth.Authority // nil lets everybody do everything
	tls  *tls.Config     // nil for plain HTTP
}

func (a *adminAccess) addFlags(cmd *cobra.Command) {
	a.maxBody = admin.MaxBody
	f := cmd.Flags()
	f.StringVar(&a.usersFile, "admin-users", "", "who may use the admin API: a `FILE` (JSON or YAML) with what Node-RED has in its settings as adminAuth: users with username, password (bcrypt, see flowrun hash-password) and permissions; a token in "+tokenEnv+" may do everything")
	f.StringVar(&a.certFile, "admin-cert", "", "serve the admin API by HTTPS with the certificate (PEM) in a `FILE`")
	f.StringVar(&a.keyFile, "admin-key", "", "the key (PEM) of --admin-cert, in a `FILE`")
	f.StringArrayVar(&a.hosts, "admin-host", nil, "a host `NAME`, besides localhost, under which the admin API is reached (repeatable)")
	f.StringArrayVar(&a.origins, "admin-origin", nil, "a web `SITE`, such as https://example.com, whose pages may use the admin API (repeatable)")
	f.Var(&a.maxBody, "max-body", "how large the body of a request may be: `SIZE` in bytes, or such as 512kb, 5mb")
}

// read reads the files that the flags name, and the token in the environment,
// which is then gone from it: programs that flows start shall not have it.
func (a *adminAccess) read(log *slog.Logger) error {
	if (a.certFile == "") != (a.keyFile == "") {
		return usagef("--admin-cert and --admin-key belong together")
	}
	if a.certFile != "" {
		c := &certificate{certFile: a.certFile, keyFile: a.keyFile, log: log}
		if err := c.load(); err != nil {
			return err
		}
		a.tls = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
	}
	var config auth.Config
	if a.usersFile != "" {
		var err error
		if config, err = auth.ReadFile(a.usersFile); err != nil {
			return fileError(err)
		}
	}
	if token := os.Getenv(tokenEnv); token != "" {
		if err := auth.CheckToken(token); err != nil {
			return usagef("%s: %w", tokenEnv, err)
		}
		config.Tokens = append(config.Tokens, auth.Token{Text: token, User: "token", Scope: auth.Permissions{"*"}})
		if err := os.Unsetenv(tokenEnv); err != nil {
			return fmt.Errorf("%s: %w", tokenEnv, err)
		}
	}
	if len(config.Users) > 0 || len(config.Tokens) > 0 {
		a.auth = auth.New(config, log)
	}
	return nil
}

// check tells what is wrong with the address to listen on.
func (a *adminAccess) check(address string) error {
	if err := admin.CheckAddress(address, a.auth != nil); err != nil {
		if admin.CheckAddress(address, true) == nil {
			return usagef("%w; give users with --admin-users FILE, or a token in %s", err, tokenEnv)
		}
		return &usageError{err}
	}
	return nil
}

// warn tells of what is possible and unwise.
func (a *adminAccess) warn(address string, log *slog.Logger) {
	if admin.CheckAddress(address, false) != nil && a.tls == nil {
		log.Warn("other machines reach the admin API without TLS: passwords and tokens can be read on the way; give --admin-cert and --admin-key", "address", address)
	}
}

// url returns the URL of the admin API at an address.
func (a *adminAccess) url(address string) string {
	if a.tls != nil {
		return "https://" + address
	}
	return "http://" + address
}

// set puts it into the options of the admin API.
func (a *adminAccess) set(o *admin.Options) {
	o.Auth, o.TLS, o.Hosts, o.Origins, o.MaxBody = a.auth, a.tls, a.hosts, a.origins, int64(a.maxBody)
}

// certificate is one that is read anew when its file has changed, because
// certificates expire sooner than flows.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu       sync.Mutex
	current  *tls.Certificate
	modified time.Time // of the certificate file
}

func (c *certificate) load() error {
	info, err := os.Stat(c.certFile)
	if err != nil {
		return fileError(err)
	}
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if pathErr := new(os.PathError); errors.As(err, &pathErr) {
		return fileError(err)
	}
	if err != nil {
		return fmt.Errorf("%s, %s: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.modified = &loaded, info.ModTime()
	return nil
}

// get returns the certificate; one that cannot be read leaves the old one.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certFile)
	if err == nil && !info.ModTime().Equal(c.modified) {
		if err := c.load(); err != nil {
			c.log.Warn("the new certificate cannot be used", "file", c.certFile, "error", err)
			c.modified = info.ModTime()
		}
	}
	return c.current, nil
}

// byteSize is a flag: a number of bytes, with or without a unit.
type byteSize int64

// byteUnits are the units, as multiples of 1024 (as in Node-RED).
var byteUnits = []struct {
	name string
	size byteSize
}{{"gb", 1 << 30}, {"mb", 1 << 20}, {"kb", 1 << 10}, {"b", 1}}

// String implements pflag.Value.
func (b *byteSize) String() string {
	for _, unit := range byteUnits {
		if *b >= unit.size && *b%unit.size == 0 {
			return strconv.FormatInt(int64(*b/unit.size), 10) + unit.name
		}
	}
	return "0"
}

// Type implements pflag.Value.
func (*byteSize) Type() string { return "size" }

// Set implements pflag.Value.
func (b *byteSize) Set(text string) error {
	number, size := strings.ToLower(strings.TrimSpace(text)), byteSize(1)
	for _, unit := range byteUnits {
		if rest, ok := strings.CutSuffix(number, unit.name); ok {
			number, size = strings.TrimSpace(rest), unit.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 1 {
		return errors.New("it must be a number of bytes, or such as 512kb, 5mb")
	}
	*b = byteSize(n) * size
	return nil
}
