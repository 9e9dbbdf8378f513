package flowfile

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// encrypted is what Node-RED makes of {"n1":{"user":"ann","password":"pässword"}}
// with the secret "my secret".
const encrypted = `{"$":"000102030405060708090a0b0c0d0e0f6ePJxEOec339HkyCfAFIH/tgwWXs7qKv5YokJmFIGkBUTiBQPLTaTHcvSlM="}`

func jsonValue(t *testing.T, text string) flow.Value {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDecodeCredentials(t *testing.T) {
	const want = `{"user":"ann","password":"pässword"}`
	for _, text := range []string{encrypted, `{"n1":` + want + `,"odd":1}`} {
		c, err := DecodeCredentials(jsonValue(t, text), "my secret")
		if err != nil || len(c) != 1 || flow.JSON(c["n1"]) != want {
			t.Errorf("%s: got %s, %v", text, flow.JSON(c["n1"]), err)
		}
	}
	for _, c := range []struct {
		text, secret string
		want         error
	}{
		{encrypted, "", ErrNoCredentialSecret},
		{encrypted, "your secret", ErrCredentialSecret},
		{`{"$":"00"}`, "my secret", ErrCredentialSecret},
		{`{"$":"x00102030405060708090a0b0c0d0e0f6ePJ"}`, "my secret", ErrCredentialSecret},
		{`{"$":"000102030405060708090a0b0c0d0e0f6e!J"}`, "my secret", ErrCredentialSecret},
	} {
		if _, err := DecodeCredentials(jsonValue(t, c.text), c.secret); !errors.Is(err, c.want) {
			t.Errorf("%s with the secret %q: got %v, want %v", c.text, c.secret, err, c.want)
		}
	}
	if _, err := DecodeCredentials(flow.Array{}, ""); err == nil {
		t.Error("a list was taken for credentials")
	}
}

func TestEncodeCredentials(t *testing.T) {
	c := Credentials{"b": flow.NewObject("x", "ü"), "a": flow.NewObject("y", "1")}
	const want = `{"a":{"y":"1"},"b":{"x":"ü"}}`
	for _, secret := range []string{"", "my secret"} {
		o, err := c.Encode(secret)
		if err != nil {
			t.Fatal(err)
		}
		if text := flow.JSON(o); (text == want) != (secret == "") {
			t.Errorf("with the secret %q: %s", secret, text)
		}
		back, err := DecodeCredentials(o, secret)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := back.Encode(""); err != nil || flow.JSON(plain) != want {
			t.Errorf("with the secret %q it came back as %s, %v", secret, flow.JSON(plain), err)
		}
	}
}

func TestReadCredentials(t *testing.T) {
	dir := t.TempDir()
	name := CredentialsFile(filepath.Join(dir, "flows.json"))
	if filepath.Base(name) != "flows_cred.json" {
		t.Errorf("the file is %s", name)
	}
	if c, err := ReadCredentials(name, ""); c != nil || err != nil {
		t.Errorf("without a file: %v, %v", c, err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("flows_cred.json", encrypted)
	if got := GeneratedSecret(name); got != "" {
		t.Errorf("a secret from nowhere: %q", got)
	}
	write(".config.json", `{"_credentialSecret":"old"}`)
	write(".config.runtime.json", `{"_credentialSecret":"my secret"}`)
	c, err := ReadCredentials(name, GeneratedSecret(name))
	if err != nil || c["n1"].Get("user") != "ann" {
		t.Errorf("got %v, %v", c, err)
	}
	write("flows_cred.json", "{")
	if _, err := ReadCredentials(name, ""); err == nil || !strings.Contains(err.Error(), "invalid JSON") {
		t.Errorf("got %v", err)
	}
}

func TestSplitCredentials(t *testing.T) {
	kept := Credentials{
		"n": flow.NewObject("user", "ann", "password", "old", "gone", "x"),
		"m": flow.NewObject("user", "bob"), "given": flow.NewObject("a", "1"), "removed": flow.NewObject("a", "1"),
	}
	f, _ := Parse("x.json", []byte(`{"flows":[{"id":"n","type":"x","credentials":{"user":"eve","password":"__PWRD__","gone":" ","new":"y"}},
		{"id":"m","type":"x"},{"id":"given","type":"x"},{"id":"g","type":"global-config","credentials":{"map":{"S":"s","has_S":true}}}],"credentials":{"given":{}}}`))
	f.Credentials = Credentials{"given": flow.NewObject("b", "2")}
	before := string(f.JSON())
	split := f.SplitCredentials(kept)
	for id, want := range map[string]string{
		"n": `{"user":"eve","password":"old","new":"y"}`, "m": `{"user":"bob"}`, "given": `{"b":"2"}`, "g": `{"map":{"S":"s","has_S":true}}`,
	} {
		if got := flow.JSON(split.Credentials[id]); got != want {
			t.Errorf("%s has %s, want %s", id, got, want)
		}
	}
	if len(split.Credentials) != 4 {
		t.Errorf("there are %d credentials", len(split.Credentials))
	}
	if text := string(split.JSON()); strings.Contains(text, "credentials") {
		t.Errorf("they are still in %s", text)
	}
	if string(f.JSON()) != before || kept["n"].Get("user") != "ann" {
		t.Error("what was given has changed")
	}
	if got := split.Expand().Lookup("n").Credentials.Get("user"); got != "eve" {
		t.Errorf("the node gets the user %v", got)
	}
}

// Nothing that prints or logs shows a secret.
func TestCredentialsDoNotShow(t *testing.T) {
	c := Credentials{"n": flow.NewObject("password", "hush")}
	own := flow.NewCredentials(flow.NewObject("password", "hush"))
	env := flow.Env{ID: "n", Credentials: own}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "all", c, "own", own)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "all", c, "own", own)
	for _, text := range []string{
		fmt.Sprint(c, own, env), fmt.Sprintf("%+v %+v %+v", c, own, env), fmt.Sprintf("%#v %#v %#v", c, own, env),
		fmt.Sprintf("%s %s", c, own), flow.JSON(own), log.String(),
	} {
		if strings.Contains(text, "hush") {
			t.Errorf("it shows in %s", text)
		}
	}
	if own.Get("password") != "hush" || own.Get("none") != "" || (flow.Credentials{}).Get("x") != "" {
		t.Error("Get does not give them away")
	}
}

func FuzzDecodeCredentials(f *testing.F) {
	for _, text := range []string{encrypted, `{"n1":{"user":"ann"}}`, `{"$":""}`, `{"$":1}`, `[]`} {
		f.Add(text, "my secret")
	}
	f.Fuzz(func(t *testing.T, text, secret string) {
		v, err := flow.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		c, err := DecodeCredentials(v, secret)
		if err != nil {
			return
		}
		o, err := c.Encode(secret)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeCredentials(o, secret)
		if err != nil || len(back) != len(c) {
			t.Errorf("%d nodes came back as %d, %v", len(c), len(back), err)
		}
	})
}
