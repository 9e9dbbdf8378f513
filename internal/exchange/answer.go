package exchange

import (
	"crypto/sha1" //nolint:gosec // an ETag is no secret
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// Answer is what is sent back.
type Answer struct {
	Status int         // 200 to 599
	Header http.Header // with canonical names; it belongs to the exchange
	Type   string      // the content type if Header has none
	Body   []byte

	NoSniff bool // the client must not take the body for anything but its type
}

// shortBody is up to how many bytes the length of a body is left to net/http: it
// does without a header in its map if it has the whole body before it writes.
const shortBody = 2 << 10

// write sends the answer as res.send of Express does: with a weak ETag, as 304 if
// the client has it already, and without a body where there can be none.
func (e *Exchange) write() {
	a, header := &e.answer, e.w.Header()
	maps.Copy(header, a.Header)
	set := func(i int, name, value string) {
		e.values[i] = value
		header[name] = e.values[i : i+1 : i+1]
	}
	if len(header["Content-Type"]) == 0 && a.Type != "" {
		set(0, "Content-Type", a.Type)
	}
	if a.NoSniff {
		set(1, "X-Content-Type-Options", "nosniff")
	}
	if header["Etag"] == nil && a.Body != nil {
		set(2, "Etag", etag(a.Body))
	}
	status, body := a.Status, a.Body
	if fresh(e.r, status, header) {
		status = http.StatusNotModified
	}
	switch status {
	case http.StatusNoContent, http.StatusNotModified:
		header.Del("Content-Type")
		header.Del("Content-Length")
		body = nil
	case http.StatusResetContent:
		set(3, "Content-Length", "0")
		body = nil
	default:
		if len(body) == 0 || len(body) > shortBody || e.r.Method == http.MethodHead || header["Trailer"] != nil {
			set(3, "Content-Length", strconv.Itoa(len(body)))
		}
	}
	e.w.WriteHeader(status)
	if len(body) > 0 && e.r.Method != http.MethodHead {
		_, _ = e.w.Write(body) // the client is gone if this fails
	}
}

// etag returns a tag as the npm package etag makes it.
func etag(body []byte) string {
	if len(body) == 0 {
		return `W/"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"`
	}
	sum := sha1.Sum(body) //nolint:gosec // an ETag is no secret
	b := make([]byte, 0, 48)
	b = append(b, `W/"`...)
	b = strconv.AppendInt(b, int64(len(body)), 16)
	b = append(b, '-')
	b = base64.RawStdEncoding.AppendEncode(b, sum[:])
	return string(append(b, '"'))
}

// fresh tells whether the client has the answer already, as the npm package fresh
// finds out (RFC 9110, section 13).
func fresh(r *http.Request, status int, header http.Header) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || status != http.StatusNotModified && (status < 200 || status > 299) {
		return false
	}
	if r.Header["If-None-Match"] == nil && r.Header["If-Modified-Since"] == nil {
		return false // as most clients ask
	}
	match, since := r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")
	if match == "" && since == "" || strings.Contains(r.Header.Get("Cache-Control"), "no-cache") {
		return false
	}
	if match != "" && match != "*" && !hasTag(match, header.Get("Etag")) {
		return false
	}
	if since == "" {
		return true
	}
	modified, err := http.ParseTime(header.Get("Last-Modified"))
	known, knownErr := http.ParseTime(since)
	return err == nil && knownErr == nil && !modified.After(known)
}

func hasTag(list, tag string) bool {
	if tag == "" {
		return false
	}
	for t := range strings.SplitSeq(list, ",") {
		if strings.TrimPrefix(strings.TrimSpace(t), "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
