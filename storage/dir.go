package storage

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// The files, see the package's comment.
const (
	flowsName       = "flows.json"
	credentialsName = "flows_cred.json"
	configName      = ".config.runtime.json"
	lockName        = ".flowrun.lock"
)

// backupOf returns the name of a file's backup, which is Node-RED's.
func backupOf(name string) string { return "." + name + ".backup" }

// ErrInUse says that another flowrun uses the directory.
var ErrInUse = errors.New("another flowrun uses this directory")

// Dir is a directory that keeps flows. Its methods are for one goroutine at a
// time.
type Dir struct {
	path   string
	secret string // "" until there is one
	log    *slog.Logger
	lock   *os.File
	saved  content // what the files have
}

// content identifies flows and their credentials.
type content struct{ flows, credentials [sha256.Size]byte }

// Open makes the directory if it is not there, locks it until [Dir.Close], and
// brings a deploy to its end that a crash has interrupted. The secret encrypts
// the credentials; if it is empty, it is the one that the directory has, or one
// that is made as soon as there are credentials.
func Open(path, secret string, log *slog.Logger) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(path, lockName))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d := &Dir{path: path, secret: secret, log: log, lock: lock}
	if secret == "" {
		d.secret = flowfile.GeneratedSecret(d.file(credentialsName))
	}
	if err := d.resume(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: finishing the last deploy: %w", path, err), lock.Close())
	}
	return d, nil
}

// Close lets others use the directory.
func (d *Dir) Close() error { return d.lock.Close() }

// Secret returns the secret of the credentials, "" if there is none yet.
func (d *Dir) Secret() string { return d.secret }

func (d *Dir) file(name string) string { return filepath.Join(d.path, name) }

// Load returns the flows with their credentials, nil if there are none yet. The
// error names the file that cannot be read and its backup, and may be
// [flowfile.ErrCredentialSecret] or [flowfile.ErrNoCredentialSecret]. Load
// changes no file.
func (d *Dir) Load() (*flowfile.Flows, error) {
	name := d.file(flowsName)
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case len(bytes.TrimSpace(text)) == 0:
		return nil, d.broken(flowsName, fmt.Errorf("%s: the file is empty", name))
	}
	flows, problems := flowfile.Parse(name, text)
	for _, p := range problems {
		if p.Severity == flowfile.Error {
			return nil, d.broken(flowsName, errors.New(p.String()))
		}
		d.log.Warn(p.String())
	}
	c, err := flowfile.ReadCredentials(d.file(credentialsName), d.secret)
	switch {
	case errors.Is(err, flowfile.ErrCredentialSecret), errors.Is(err, flowfile.ErrNoCredentialSecret):
		return nil, err
	case err != nil:
		return nil, d.broken(credentialsName, err)
	}
	flows.AddCredentials(c)
	_, d.saved = encode(flows.SplitCredentials(nil))
	return flows, nil
}

// broken adds to an error where the file's backup is.
func (d *Dir) broken(name string, err error) error {
	backup := d.file(backupOf(name))
	if _, missing := os.Stat(backup); missing != nil {
		return fmt.Errorf("%w; nothing was overwritten, and there is no backup yet", err)
	}
	return fmt.Errorf("%w; nothing was overwritten, and %s has what was there before the last deploy", err, backup)
}

// Save replaces what the directory has by these flows and their credentials,
// which must not stand in the nodes, see [flowfile.Flows.SplitCredentials]. When
// it returns, the flows are on disk; if it fails, those before still are. Flows
// that are there already are not written again.
func (d *Dir) Save(f *flowfile.Flows) error {
	text, is := encode(f)
	if is == d.saved {
		return nil
	}
	if err := d.resume(); err != nil {
		return err
	}
	files := map[string][]byte{flowsName: text}
	secret, err := d.addCredentials(files, f.Credentials)
	if err != nil {
		return err
	}
	if err := d.addBackups(files); err != nil {
		return err
	}
	if err := d.replace(files); err != nil {
		return err
	}
	d.saved, d.secret = is, secret
	return nil
}

// encode returns what the file of the flows has, as Node-RED writes it.
func encode(f *flowfile.Flows) ([]byte, content) {
	list := flowfile.Flows{Nodes: f.Nodes} // without an envelope
	text := bytes.TrimSuffix(list.JSON(), []byte("\n"))
	plain, _ := f.Credentials.Encode("") // only encrypting can fail
	return text, content{sha256.Sum256(text), sha256.Sum256(flow.AppendJSON(nil, plain))}
}

// addCredentials adds the file of the credentials, if there are or were any, and
// the one of their secret if that is new. It returns the secret.
func (d *Dir) addCredentials(files map[string][]byte, c flowfile.Credentials) (secret string, err error) {
	if _, err := os.Stat(d.file(credentialsName)); err != nil && len(c) == 0 {
		return d.secret, nil
	}
	secret = d.secret
	if secret == "" {
		if secret, files[configName], err = d.newSecret(); err != nil {
			return "", err
		}
	}
	o, err := c.Encode(secret)
	files[credentialsName] = indented(o)
	return secret, err
}

// newSecret makes a secret as Node-RED does, and the file that keeps it.
func (d *Dir) newSecret() (secret string, config []byte, err error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	secret = hex.EncodeToString(random[:])
	o := &flow.Object{}
	switch text, err := os.ReadFile(d.file(configName)); {
	case err == nil: // Node-RED keeps other things there too
		v, err := flow.ParseJSON(text)
		before, ok := v.(*flow.Object)
		if err != nil || !ok {
			return "", nil, fmt.Errorf("%s: no place for the secret of the credentials: this is no JSON object", d.file(configName))
		}
		o = before.Clone()
	case !errors.Is(err, fs.ErrNotExist):
		return "", nil, err
	}
	o.Set("_credentialSecret", secret)
	return secret, indented(o), nil
}

// indented returns an object as Node-RED writes it to files.
func indented(o *flow.Object) []byte {
	var text bytes.Buffer
	_ = json.Indent(&text, flow.AppendJSON(nil, o), "", "    ") // it is JSON
	return text.Bytes()
}

// addBackups adds copies of the flows and credentials that will be replaced.
func (d *Dir) addBackups(files map[string][]byte) error {
	for _, name := range []string{flowsName, credentialsName} {
		before, err := os.ReadFile(d.file(name))
		switch {
		case err == nil:
			files[backupOf(name)] = before
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}
