// Package webproxy finds the proxy through which an HTTP request goes: the one of
// an http proxy node, or of the environment.
package webproxy

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Settings name a proxy, and the hosts that are reached without it.
type Settings struct {
	HTTP, HTTPS string // the URLs of the proxies for URLs with these schemes; "" is none
	None        string // hosts, with commas or spaces between them; * is all
	User, Pass  string // what the proxies ask for, if it is not in their URLs
}

// Provider is a config node that has settings.
type Provider interface{ Proxy() Settings }

// Lookup returns the settings of the http proxy node that a node's property names.
// The error is a *[flow.ConfigError].
func Lookup(env flow.Env, property, id string) (Settings, error) {
	p, err := flow.ConfigAs[Provider](env, "", property, "http proxy", id)
	if err != nil {
		return Settings{}, err
	}
	return p.Proxy(), nil
}

// Environment returns the settings of the variables http_proxy, https_proxy,
// all_proxy and no_proxy, also in upper case.
func Environment(getenv func(name string) (flow.Value, bool)) Settings {
	get := func(names ...string) string {
		for _, name := range names {
			for _, name := range []string{name, strings.ToUpper(name)} {
				if v, ok := getenv(name); ok && flow.Text(v) != "" {
					return flow.Text(v)
				}
			}
		}
		return ""
	}
	return Settings{HTTP: get("http_proxy", "all_proxy"), HTTPS: get("https_proxy", "all_proxy"), None: get("no_proxy")}
}

// For returns the URL of the proxy for a request to a URL, nil if it goes there
// directly. A scheme that the proxy's URL lacks is that of the request. ws and wss
// count as http and https.
func (s Settings) For(target *url.URL) (*url.URL, error) {
	secure := target.Scheme == "https" || target.Scheme == "wss"
	text, scheme := s.HTTP, "http"
	if secure {
		text, scheme = s.HTTPS, "https"
	}
	if text == "" || s.exempt(target, secure) {
		return nil, nil
	}
	if !strings.Contains(text, "://") {
		text = scheme + "://" + text
	}
	proxy, err := url.Parse(text)
	if err != nil || proxy.Host == "" {
		return nil, fmt.Errorf("the URL of the proxy is none: %q", redact(text))
	}
	if s.User != "" || s.Pass != "" {
		proxy.User = url.UserPassword(s.User, s.Pass)
	}
	return proxy, nil
}

// redact leaves out what a URL says of a user: it is not for logs.
func redact(text string) string {
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		return "…" + text[i:]
	}
	return text
}

// exempt tells whether a host is reached without the proxy: it is in the list, or
// ends in what stands there after a dot or star. A port there must be that of the
// URL.
func (s Settings) exempt(target *url.URL, secure bool) bool {
	host, port := strings.ToLower(target.Hostname()), target.Port()
	if port == "" {
		port = "80"
		if secure {
			port = "443"
		}
	}
	for _, item := range strings.FieldsFunc(strings.ToLower(s.None), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		name, only := cutPort(item)
		switch {
		case item == "*":
			return true
		case only != "" && only != port:
		case strings.HasPrefix(name, "*"), strings.HasPrefix(name, "."):
			if strings.HasSuffix(host, strings.TrimPrefix(name, "*")) {
				return true
			}
		case host == strings.Trim(name, "[]"):
			return true
		}
	}
	return false
}

// cutPort takes the port off a name, if it has one. An IPv6 address has colons of
// its own, and a port only behind brackets.
func cutPort(item string) (name, port string) {
	i := strings.LastIndexByte(item, ':')
	if i < 0 || strings.Count(item, ":") > 1 && !strings.Contains(item[:i], "]") {
		return item, ""
	}
	if _, err := strconv.ParseUint(item[i+1:], 10, 16); err != nil {
		return item, ""
	}
	return item[:i], item[i+1:]
}
