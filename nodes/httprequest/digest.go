package httprequest

import (
	"context"
	"crypto/md5" //nolint:gosec // the servers ask for it
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
)

// send sends the request, and once more with what a server asks for that wants to
// know who it is.
func (t *trip) send(ctx context.Context) (*http.Response, error) {
	response, err := t.follow(ctx, "")
	if err != nil || t.request.digest == nil {
		return response, err
	}
	var challenge *challenge
	for _, variant := range []bool{false, true} {
		if response.StatusCode != http.StatusUnauthorized {
			break
		}
		if again := parseChallenge(response.Header.Values("WWW-Authenticate")); again != nil {
			challenge = again
		}
		if challenge == nil || variant && !challenge.isSHA512() {
			break
		}
		authorization := challenge.answer(*t.request.digest, response.Request, variant)
		skip(response)
		if response, err = t.follow(ctx, authorization); err != nil {
			return nil, err
		}
	}
	return response, nil
}

// challenge is what a server asks for (RFC 7616).
type challenge struct {
	realm, nonce, opaque, algorithm string
	auth                            bool // the quality of protection auth is asked for
}

var parameter = regexp.MustCompile(`([a-zA-Z0-9_-]+)=(?:"([^"]*)"|([a-zA-Z0-9_-]+))`)

// parseChallenge returns the first challenge of the scheme Digest, nil if there is
// none that can be answered.
func parseChallenge(lines []string) *challenge {
	for _, line := range lines {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.EqualFold(scheme, "Digest") {
			continue
		}
		c := &challenge{}
		for _, m := range parameter.FindAllStringSubmatch(rest, -1) {
			value := m[2] + m[3]
			switch strings.ToLower(m[1]) {
			case "realm":
				c.realm = value
			case "nonce":
				c.nonce = value
			case "opaque":
				c.opaque = value
			case "algorithm":
				c.algorithm = value
			case "qop":
				for quality := range strings.SplitSeq(value, ",") {
					c.auth = c.auth || strings.TrimSpace(quality) == "auth"
				}
			}
		}
		if c.nonce != "" {
			return c
		}
	}
	return nil
}

func (c *challenge) base() string {
	return strings.TrimSuffix(strings.ToLower(c.algorithm), "-sess")
}

func (c *challenge) isSHA512() bool { return c.base() == "sha-512-256" }

// hash is the hash of the algorithm. Node-RED takes the first half of SHA-512 for
// SHA-512/256, and so do servers that were made for it: that is the variant.
func (c *challenge) hash(text string, variant bool) string {
	var sum []byte
	switch {
	case c.base() == "sha-256":
		s := sha256.Sum256([]byte(text))
		sum = s[:]
	case c.isSHA512() && variant:
		s := sha512.Sum512([]byte(text))
		sum = s[:32]
	case c.isSHA512():
		s := sha512.Sum512_256([]byte(text))
		sum = s[:]
	default:
		s := md5.Sum([]byte(text)) //nolint:gosec // the servers ask for it
		sum = s[:]
	}
	return hex.EncodeToString(sum)
}

// answer returns the Authorization header for a request.
func (c *challenge) answer(user credentials, r *http.Request, variant bool) string {
	const count = "00000001" // each nonce is used once
	nonce := strings.ToLower(rand.Text())
	uri := r.URL.RequestURI()
	secret := c.hash(user.user+":"+c.realm+":"+user.password, variant)
	if strings.HasSuffix(strings.ToLower(c.algorithm), "-sess") {
		secret = c.hash(secret+":"+c.nonce+":"+nonce, variant)
	}
	what := c.hash(r.Method+":"+uri, variant)
	response := c.hash(secret+":"+c.nonce+":"+what, variant)
	if c.auth {
		response = c.hash(strings.Join([]string{secret, c.nonce, count, nonce, "auth", what}, ":"), variant)
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	parts := []string{
		`username="` + quote.Replace(user.user) + `"`, `realm="` + c.realm + `"`, `nonce="` + c.nonce + `"`,
		`uri="` + uri + `"`, `response="` + response + `"`,
	}
	if c.auth {
		parts = append(parts, "qop=auth", "nc="+count)
	}
	if c.auth || strings.HasSuffix(strings.ToLower(c.algorithm), "-sess") {
		parts = append(parts, `cnonce="`+nonce+`"`)
	}
	if c.algorithm != "" {
		parts = append(parts, "algorithm="+c.algorithm)
	}
	if c.opaque != "" {
		parts = append(parts, `opaque="`+c.opaque+`"`)
	}
	return "Digest " + strings.Join(parts, ", ")
}
