// Package cookies reads and writes the headers of cookies as the npm packages
// cookie and cookie-parser do, which Node-RED uses.
package cookies

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/qs"
)

// Parse reads name=value pairs with semicolons between them: a Cookie header, or
// one of Set-Cookie with its attributes. Of a name that is there twice the first
// one counts. Values are decoded if decoded says so and they can be.
func Parse(header string, decoded bool) *flow.Object {
	o := &flow.Object{}
	for pair := range strings.SplitSeq(header, ";") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
		if _, there := o.Lookup(name); there {
			continue
		}
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if decoded && strings.Contains(value, "%") {
			if text, ok := qs.Unescape(value); ok {
				value = text
			}
		}
		o.Set(name, value)
	}
	return o
}

// Request reads the Cookie header of a request as msg.req.cookies has it: a value
// that begins with j: is JSON.
func Request(header string) *flow.Object {
	o := Parse(header, true)
	for name, value := range o.All() {
		text, ok := strings.CutPrefix(flow.Text(value), "j:")
		if !ok {
			continue
		}
		if v, err := flow.ParseJSON([]byte(text)); err == nil {
			o.Set(name, v)
		}
	}
	return o
}

// Pair returns name=value with the value encoded as encodeURIComponent does, or as
// it stands if raw. The error says that one of them cannot be in a header.
func Pair(name, value string, raw bool) (string, error) {
	if !raw {
		value = qs.Escape(value)
	}
	if !httpguts.ValidHeaderFieldName(name) {
		return "", fmt.Errorf("the cookie name %q has characters that are not allowed", name)
	}
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`,;\`, c) >= 0 {
			return "", fmt.Errorf("the value of the cookie %s has characters that are not allowed", name)
		}
	}
	return name + "=" + value, nil
}

// Set returns a Set-Cookie header for a property of msg.cookies: a value, or an
// object with value and options (domain, path, expires, maxAge in milliseconds,
// httpOnly, secure, sameSite, priority, partitioned, encode). null, as it is or
// as the value, has the client forget the cookie. See res.cookie of Express.
func Set(name string, v flow.Value, now time.Time) (string, error) {
	options, isObject := v.(*flow.Object)
	value := v
	if isObject {
		value = options.Get("value")
	} else {
		options = &flow.Object{}
	}
	var expires flow.Value
	if value == (flow.Null{}) {
		value, expires = "", flow.Date(1)
	}
	if given := options.Get("expires"); !flow.IsNullish(given) {
		expires = given
	}
	text := flow.Text(value)
	if flow.Typeof(value) == "object" {
		text = "j:" + flow.JSON(value)
	}
	pair, err := Pair(name, text, options.Get("encode") == false)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(pair)
	if age := options.Get("maxAge"); !flow.IsNullish(age) {
		if ms := flow.Number(age); !math.IsNaN(ms) {
			expires = flow.Date(float64(now.UnixMilli()) + ms)
			b.WriteString("; Max-Age=" + strconv.FormatFloat(math.Floor(math.Floor(ms/1000)), 'f', -1, 64))
		}
	}
	path := options.Get("path")
	if flow.IsNullish(path) {
		path = "/"
	}
	if err := attributes(&b, options, flow.Text(path), expires); err != nil {
		return "", fmt.Errorf("the cookie %s: %w", name, err)
	}
	return b.String(), nil
}

func attributes(b *strings.Builder, options *flow.Object, path string, expires flow.Value) error {
	if domain := options.Get("domain"); flow.Truthy(domain) {
		if err := plain("domain", flow.Text(domain)); err != nil {
			return err
		}
		b.WriteString("; Domain=" + flow.Text(domain))
	}
	if path != "" {
		if err := plain("path", path); err != nil {
			return err
		}
		b.WriteString("; Path=" + path)
	}
	if flow.Truthy(expires) {
		at, err := moment(expires)
		if err != nil {
			return err
		}
		b.WriteString("; Expires=" + at.Format(http.TimeFormat))
	}
	for _, flag := range []struct{ option, name string }{{"httpOnly", "HttpOnly"}, {"secure", "Secure"}, {"partitioned", "Partitioned"}} {
		if flow.Truthy(options.Get(flag.option)) {
			b.WriteString("; " + flag.name)
		}
	}
	for _, choice := range []struct{ option, name, allowed string }{{"priority", "Priority", "low medium high"}, {"sameSite", "SameSite", "lax strict none true"}} {
		v := options.Get(choice.option)
		if !flow.Truthy(v) {
			continue
		}
		word := strings.ToLower(flow.Text(v))
		if !strings.Contains(" "+choice.allowed+" ", " "+word+" ") {
			return fmt.Errorf("option %s is invalid", choice.option)
		}
		if word == "true" {
			word = "strict"
		}
		b.WriteString("; " + choice.name + "=" + strings.ToUpper(word[:1]) + word[1:])
	}
	return nil
}

func plain(option, text string) error {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == ';' {
			return fmt.Errorf("option %s is invalid", option)
		}
	}
	return nil
}

// moment reads an expiry: a date, or a text or number that stands for one.
func moment(v flow.Value) (time.Time, error) {
	switch v := v.(type) {
	case flow.Date:
		if !math.IsNaN(float64(v)) {
			return v.Time(), nil
		}
	case float64:
		return flow.Date(v).Time(), nil
	case string:
		for _, layout := range []string{time.RFC3339, http.TimeFormat} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("option expires is no date")
}
