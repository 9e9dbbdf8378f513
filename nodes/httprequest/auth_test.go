package httprequest

import (
	"crypto/sha512"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func withUser(user, password string) func(*flow.Env) {
	return func(e *flow.Env) {
		e.Credentials = flow.NewCredentials(flow.NewObject("user", user, "password", password))
	}
}

func TestAuthorization(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("Authorization")) })
	for _, c := range []struct{ config, want string }{
		{`{"url":"URL"}`, "Basic bWU6c2VjcmV0"},
		{`{"url":"URL","authType":"bearer"}`, "Bearer secret"},
	} {
		if _, msg := ask(t, url, c.config, `{}`, withUser("me", "secret")); msg.Get("payload") != c.want {
			t.Errorf("%s: %s", c.config, flow.JSON(msg))
		}
	}
	if _, msg := ask(t, strings.Replace(url, "//", "//a:b%20c@", 1), `{"url":"URL"}`, `{}`); msg.Get("payload") != "Basic YTpiIGM=" {
		t.Errorf("of the URL: %s", flow.JSON(msg))
	}
}

// What is for one server stays there, even if another one sends the request back.
func TestSecretsOnRedirects(t *testing.T) {
	var first, second string
	secrets := func(r *http.Request) string {
		return strings.TrimSpace(r.Header.Get("Authorization") + " " + r.Header.Get("Proxy-Authorization"))
	}
	serveBoth := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/other":
			http.Redirect(w, r, second, http.StatusFound)
		case "/back":
			http.Redirect(w, r, second+"/return", http.StatusFound)
		case "/return":
			http.Redirect(w, r, first, http.StatusFound)
		case "/same":
			http.Redirect(w, r, "/", http.StatusFound)
		default:
			_, _ = io.WriteString(w, secrets(r))
		}
	}
	first, second = serve(t, serveBoth), serve(t, serveBoth) // one host, two ports
	for path, want := range map[string]string{"/": "a b", "/same": "a b", "/other": "", "/back": ""} {
		for _, names := range [][2]string{{"Authorization", "Proxy-Authorization"}, {"authorization", "proxy-authorization"}, {"AUTHORIZATION", "proxy-Authorization"}} {
			_, msg := ask(t, first, `{"url":"URL`+path+`"}`, `{"headers":{"`+names[0]+`":"a","`+names[1]+`":"b"}}`)
			if got := msg.Get("payload"); got != want {
				t.Errorf("%s with %s: %q, want %q", path, names, got, want)
			}
		}
	}
}

// The example of RFC 7616, section 3.9.1, but for the client's nonce.
func TestDigest(t *testing.T) {
	for algorithm, variant := range map[string]bool{"MD5": false, "SHA-256": false, "MD5-sess": false, "SHA-512-256": true, "": false} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			authorization := r.Header.Get("Authorization")
			asked := parseChallenge([]string{authorization})
			cnonce := parameter.FindAllStringSubmatch(authorization, -1)
			field := func(name string) string {
				for _, m := range cnonce {
					if m[1] == name {
						return m[2] + m[3]
					}
				}
				return ""
			}
			if asked != nil {
				c := &challenge{algorithm: algorithm}
				secret := c.hash("Mufasa:r:Circle", variant)
				if strings.HasSuffix(algorithm, "-sess") {
					secret = c.hash(secret+":n:"+field("cnonce"), variant)
				}
				if field("response") == c.hash(secret+":n:00000001:"+field("cnonce")+":auth:"+c.hash("GET:/dir/?q", variant), variant) {
					w.WriteHeader(http.StatusCreated)
					return
				}
			}
			w.Header().Set("WWW-Authenticate", `Digest realm="r", qop="auth, auth-int", nonce="n", opaque="o", algorithm=`+algorithm)
			w.WriteHeader(http.StatusUnauthorized)
		})
		if _, msg := ask(t, url, `{"url":"URL/dir/?q","authType":"digest"}`, `{}`, withUser("Mufasa", "Circle")); msg.Get("statusCode") != 201.0 {
			t.Errorf("%s: %s", algorithm, flow.JSON(msg))
		}
	}
	c := &challenge{algorithm: "SHA-512-256"}
	full := sha512.Sum512([]byte("x"))
	if right := sha512.Sum512_256([]byte("x")); c.hash("x", false) != hex.EncodeToString(right[:]) || c.hash("x", true) != hex.EncodeToString(full[:32]) {
		t.Error("SHA-512-256 is something else")
	}
}
