package tlsconfig

import (
	"crypto/tls"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/internal/tlsconf"
)

func credentials(keysAndValues ...any) func(*flow.Env) {
	return func(e *flow.Env) { e.Credentials = flow.NewCredentials(flow.NewObject(keysAndValues...)) }
}

// provider makes a node and returns it as other nodes find it.
func provider(t *testing.T, config string, options ...func(*flow.Env)) tlsconf.Provider {
	t.Helper()
	d := flowtest.New(t, Type, config, options...)
	p, err := tlsconf.Lookup(flow.Env{Config: func(string) flow.Node { return d.Node }}, "tls")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// name returns whose certificate a server would show.
func name(t *testing.T, p tlsconf.Provider) string {
	t.Helper()
	c, err := p.Server()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := c.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf.Subject.CommonName
}

func TestCertificates(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	issued := ca.Issue(t, "the server")
	dir := t.TempDir()
	for file, text := range map[string]string{"cert.pem": issued.Cert, "key.pem": issued.Key, "ca.pem": ca.PEM} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := strings.ReplaceAll(`{"certType":"files","cert":"DIR/cert.pem","key":" DIR/key.pem ","ca":"DIR/ca.pem"}`, "DIR", filepath.ToSlash(dir))
	pfx, err := pkcs12.Modern.Encode(issued.PrivateKey, issued.Certificate, nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	texts := credentials("certdata", issued.Cert, "keydata", issued.Key, "cadata", ca.PEM)
	t.Setenv("TLS_TEST_CERT", strings.ReplaceAll(issued.Cert, "\n", `\n`))
	t.Setenv("TLS_TEST_KEY", issued.Key)
	for config, option := range map[string]func(*flow.Env){
		files: func(*flow.Env) {},
		`{}`:  texts,
		`{"certType":"data","cert":"nowhere.pem"}`:                             texts,
		`{"certType":"env","certEnv":"TLS_TEST_CERT","keyEnv":"TLS_TEST_KEY"}`: func(*flow.Env) {},
		`{"certType":"pfx","p12":""}`:                                          credentials("p12data", base64.StdEncoding.EncodeToString(pfx), "passphrase", "secret"),
	} {
		if got := name(t, provider(t, config, option)); got != "the server" {
			t.Errorf("%s: the certificate of %q", config, got)
		}
	}
}

func TestSettings(t *testing.T) {
	p := provider(t, `{"servername":" x.example ","verifyservercert":false,"alpnprotocol":"mqtt, h2,","minVersion":"1.3"}`)
	c, err := p.Client()
	if err != nil {
		t.Fatal(err)
	}
	if c.ServerName != "x.example" || !c.InsecureSkipVerify || !slices.Equal(c.NextProtos, []string{"mqtt", "h2"}) || c.MinVersion != tls.VersionTLS13 {
		t.Errorf("%+v", c)
	}
	if c, _ = provider(t, `{}`).Client(); c.InsecureSkipVerify || c.MinVersion != tls.VersionTLS12 {
		t.Errorf("by default %+v", c)
	}
}

func TestBadConfig(t *testing.T) {
	for config, want := range map[string]string{
		`{"minVersion":"2"}`:             "minVersion: expected 1.0, 1.1, 1.2 or 1.3, got 2",
		`{"clientCertificate":"always"}`: "clientCertificate: expected none, request, require or verify, got always",
		`{"certType":"url"}`:             "certType: expected files, data, pfx or env, got url",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Type.New(props.(*flow.Object), flow.Env{Host: &flowtest.Driver{}}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}

// A node whose files are missing is there, and says so; those that use it are
// told too.
func TestMissing(t *testing.T) {
	props := flow.NewObject("cert", "/nowhere/cert.pem")
	n, err := Type.New(props, flow.Env{Host: &flowtest.Driver{}, MessageKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.(flow.Starter).Start(t.Context()); err == nil || err.Error() != "tls.error.missing-file" {
		t.Errorf("started with %v", err)
	}
	if _, err := n.(tlsconf.Provider).Client(); err == nil {
		t.Error("there is a configuration without the files")
	}
}
