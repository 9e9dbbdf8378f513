package flowfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Credentials are what nodes keep secret: an object of names and values by the
// node's id. They print and log as nothing.
type Credentials map[string]*flow.Object

// String returns a text that gives nothing away.
func (c Credentials) String() string { return fmt.Sprintf("(credentials of %d nodes)", len(c)) }

// GoString is String for %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue is String for logs.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// ErrCredentialSecret says that credentials cannot be decrypted.
var ErrCredentialSecret = errors.New("the credentials cannot be decrypted: the secret is not the one they were encrypted with")

// ErrNoCredentialSecret says that credentials are encrypted and there is no
// secret.
var ErrNoCredentialSecret = errors.New("the credentials are encrypted, and no secret is given")

// unchanged is what the editor sends for a password that it does not know.
const unchanged = "__PWRD__"

// CredentialsFile returns the name of the file with the credentials of a flow
// file, as Node-RED has it: flows_cred.json for flows.json.
func CredentialsFile(flowFile string) string {
	ext := filepath.Ext(flowFile)
	return strings.TrimSuffix(flowFile, ext) + "_cred.json"
}

// ReadCredentials reads a file of credentials; nil if there is none. The error
// may be [ErrCredentialSecret] or [ErrNoCredentialSecret].
func ReadCredentials(name, secret string) (Credentials, error) {
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: cannot be read: %w", name, withoutPath(err))
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: invalid JSON: %w", name, err)
	}
	c, err := DecodeCredentials(v, secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// GeneratedSecret returns the secret that Node-RED has made for a file of
// credentials if its user gave none, "" if there is none: it is in a file of
// Node-RED's beside it.
func GeneratedSecret(credentialsFile string) string {
	for _, name := range []string{".config.runtime.json", ".config.json"} {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(credentialsFile), name))
		if err != nil {
			continue
		}
		v, _ := flow.ParseJSON(text)
		if config, ok := v.(*flow.Object); ok {
			if secret, ok := config.Get("_credentialSecret").(string); ok {
				return secret
			}
		}
	}
	return ""
}

// AddCredentials adds to the credentials of the flows; a node's new ones replace
// those that it had.
func (f *Flows) AddCredentials(c Credentials) {
	if f.Credentials == nil {
		f.Credentials = Credentials{}
	}
	maps.Copy(f.Credentials, c)
}

// DecodeCredentials reads credentials in one of the forms that Node-RED has:
// {"$": encrypted} and {node id: {name: value}}.
func DecodeCredentials(v flow.Value, secret string) (Credentials, error) {
	o, ok := v.(*flow.Object)
	if !ok {
		return nil, errors.New("credentials must be an object by node id")
	}
	if text, ok := o.Get("$").(string); ok {
		if secret == "" {
			return nil, ErrNoCredentialSecret
		}
		plain, err := decrypt(text, secret)
		if err != nil {
			return nil, err
		}
		o = plain
	}
	c := Credentials{}
	for id, v := range o.All() {
		if values, ok := v.(*flow.Object); ok {
			c[id] = values
		}
	}
	return c, nil
}

// Encode returns the credentials as they stand in a file: encrypted, or as they
// are if the secret is empty.
func (c Credentials) Encode(secret string) (*flow.Object, error) {
	plain := &flow.Object{}
	for _, id := range slices.Sorted(maps.Keys(c)) {
		plain.Set(id, c[id])
	}
	if secret == "" {
		return plain, nil
	}
	text, err := encrypt(flow.AppendJSON(nil, plain), secret)
	if err != nil {
		return nil, err
	}
	return flow.NewObject("$", text), nil
}

// Node-RED's encryption: AES-256 in counter mode, the key the SHA-256 of the
// secret; 32 hex digits of the counter's start, then base64.

const ivDigits = 2 * aes.BlockSize

func counterMode(secret string, iv []byte) (cipher.Stream, error) {
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("encrypting credentials: %w", err)
	}
	return cipher.NewCTR(block, iv), nil
}

func encrypt(plain []byte, secret string) (string, error) {
	var iv [aes.BlockSize]byte
	_, _ = rand.Read(iv[:]) // never fails
	stream, err := counterMode(secret, iv[:])
	if err != nil {
		return "", err
	}
	out := make([]byte, len(plain))
	stream.XORKeyStream(out, plain)
	return hex.EncodeToString(iv[:]) + base64.StdEncoding.EncodeToString(out), nil
}

// decrypt returns the credentials. There is no checksum: with a wrong secret
// what comes out is no JSON.
func decrypt(text, secret string) (*flow.Object, error) {
	if len(text) < ivDigits {
		return nil, ErrCredentialSecret
	}
	iv, err := hex.DecodeString(text[:ivDigits])
	if err != nil {
		return nil, ErrCredentialSecret
	}
	data, err := base64.StdEncoding.DecodeString(text[ivDigits:])
	if err != nil {
		return nil, ErrCredentialSecret
	}
	stream, err := counterMode(secret, iv)
	if err != nil {
		return nil, err
	}
	stream.XORKeyStream(data, data)
	v, err := flow.ParseJSON(data)
	o, ok := v.(*flow.Object)
	if err != nil || !ok {
		return nil, ErrCredentialSecret
	}
	return o, nil
}

// SplitCredentials returns the flows with all credentials in their Credentials
// and none in their nodes' properties. A node's credentials are, in this order,
// those it had in kept, those in f.Credentials, which replace them all, and
// those it carries itself: a name that it does not carry, or with Node-RED's
// __PWRD__ for a value, keeps what it was; empty text deletes it. Nodes that are
// not in the flows have none any more. The nodes are copies.
func (f *Flows) SplitCredentials(kept Credentials) *Flows {
	split := &Flows{Envelope: withoutKey(f.Envelope, credentialsKey), Credentials: Credentials{}}
	split.Nodes = make([]*Node, len(f.Nodes))
	for i, n := range f.Nodes {
		values := kept[n.ID]
		if given, ok := f.Credentials[n.ID]; ok {
			values = given
		}
		c := *n
		split.Nodes[i] = &c
		if v, carries := n.Props.Lookup(credentialsKey); carries {
			c.Props = withoutKey(n.Props, credentialsKey)
			if own, ok := v.(*flow.Object); ok {
				values = updated(values, own)
			}
		}
		if values != nil && values.Len() > 0 {
			split.Credentials[n.ID] = values
		}
	}
	split.index()
	return split
}

const credentialsKey = "credentials"

func withoutKey(o *flow.Object, key string) *flow.Object {
	if o == nil {
		return nil
	}
	if _, ok := o.Lookup(key); !ok {
		return o
	}
	c := o.Clone()
	c.Delete(key)
	return c
}

// updated returns values with those of a node's own credentials over them.
func updated(values, own *flow.Object) *flow.Object {
	result := &flow.Object{}
	if values != nil {
		result = values.Clone()
	}
	for name, v := range own.All() {
		text, isText := v.(string)
		switch {
		case v == nil, isText && text == unchanged:
		case isText && strings.TrimSpace(text) == "":
			result.Delete(name)
		default:
			if nested, ok := v.(*flow.Object); ok { // the map of a global-config node
				before, _ := result.Get(name).(*flow.Object)
				v = updated(before, nested)
			}
			result.Set(name, v)
		}
	}
	return result
}
