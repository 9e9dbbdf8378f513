package httprequest

import (
	"fmt"
	"net/url"
	"strings"
)

// parseURL reads a URL, or a part of one that belongs to a base, as Node.js and
// browsers do (WHATWG): what must not stand in it is encoded, a backslash is a
// slash, dot segments are gone, and the host has neither capitals nor the port
// that goes without saying.
func parseURL(base *url.URL, text string) (*url.URL, error) {
	text = stripped(text)
	scheme, authority, rest, isWhole := split(base, text)
	if !isWhole {
		u, err := base.Parse(clean(text))
		if err != nil {
			return nil, errURL
		}
		return u, nil
	}
	user, host, err := parseAuthority(scheme, authority)
	if err != nil {
		return nil, err
	}
	u, err := (&url.URL{}).Parse(clean(scheme + "://host" + rest)) // the url package takes fewer hosts than Node.js
	if err != nil {
		return nil, errURL
	}
	u.User, u.Host = user, host
	return u, nil
}

// split cuts off scheme and authority of a URL by HTTP that has them. Any number of
// slashes between them will do.
func split(base *url.URL, text string) (scheme, authority, rest string, isWhole bool) {
	scheme = base.Scheme
	if before, after, ok := strings.Cut(text, ":"); ok && isHTTP(strings.ToLower(before)) {
		scheme, text = strings.ToLower(before), after
	}
	rest = strings.TrimLeft(text, `/\`)
	if !isHTTP(scheme) || len(text)-len(rest) < len("//") {
		return "", "", "", false
	}
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		return scheme, rest[:end], rest[end:], true
	}
	return scheme, rest, "", true
}

func isHTTP(scheme string) bool { return scheme == "http" || scheme == "https" }

// stripped returns a URL without what browsers leave out of it.
func stripped(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
}

// What is encoded in the parts of a URL, besides spaces, control characters and
// what is not ASCII. The url package takes no ^ and | in a path; Node.js would.
const (
	notInPath     = "\"<>`{}^|"
	notInQuery    = `"<>'`
	notInFragment = "\"<>`"
)

// clean returns a URL as the url package takes it.
func clean(text string) string {
	text, fragment, hasFragment := strings.Cut(text, "#")
	text, query, hasQuery := strings.Cut(text, "?")
	text = strings.ReplaceAll(text, `\`, "/")
	start := pathOf(text)
	text = text[:start] + dots(encode(text[start:], notInPath))
	if hasQuery {
		text += "?" + encode(query, notInQuery)
	}
	if hasFragment {
		text += "#" + encode(fragment, notInFragment)
	}
	return text
}

// pathOf returns where the path begins: behind scheme and host, if they are there.
func pathOf(text string) int {
	i := strings.Index(text, "//")
	if i < 0 || i > 0 && text[i-1] != ':' || strings.Contains(text[:i], "/") {
		return 0
	}
	i += len("//")
	if end := strings.IndexByte(text[i:], '/'); end >= 0 {
		return i + end
	}
	return len(text)
}

// dots decodes the dots of dot segments, for the url package to see them.
func dots(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if plain := strings.ReplaceAll(strings.ToLower(segment), "%2e", "."); plain == "." || plain == ".." {
			segments[i] = plain
		}
	}
	return strings.Join(segments, "/")
}

// encode encodes what must not stand in a part of a URL as it is, and a percent
// sign that encodes nothing.
func encode(text, not string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(not, c) >= 0 || c == '%' && !isEncoded(text[i:]) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isEncoded(s string) bool {
	const hex = "0123456789abcdefABCDEF"
	return len(s) > 2 && strings.IndexByte(hex, s[1]) >= 0 && strings.IndexByte(hex, s[2]) >= 0
}

func addressOf(u *url.URL) string {
	if u.Path == "" {
		with := *u
		with.Path = "/"
		return with.String()
	}
	return u.String()
}
