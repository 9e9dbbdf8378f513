package admin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard refuses requests that a foreign web page makes a browser send: those
// for another host name (a name that was rebound to this machine's address),
// and those with the Origin of another site. It bounds the body.
func (h *handler) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.isOwnHost(hostOf(r.Host)) {
			fail(w, http.StatusForbidden, "forbidden", "the Host header names no address of this machine's own; flowrun --admin-host allows a name")
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) {
			if !h.allowsOrigin(origin) {
				fail(w, http.StatusForbidden, "forbidden", "requests from other web sites are refused; flowrun --admin-origin allows a site")
				return
			}
			if answerCORS(w, r, origin) {
				return
			}
		}
		r.Body = http.MaxBytesReader(w, r.Body, h.MaxBody)
		next.ServeHTTP(w, r)
	})
}

// isOwnHost tells whether a request for a host may be meant for this server.
// With authentication that is any address in numbers: only a name can be
// rebound.
func (h *handler) isOwnHost(host string) bool {
	if isLoopback(host) || containsFold(h.Hosts, host) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil && h.Auth != nil
}

func (h *handler) allowsOrigin(origin string) bool { return containsFold(h.Origins, origin) }

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(item string) bool { return strings.EqualFold(item, s) })
}

// answerCORS lets a page of another site read the answer, and answers whether
// it may send what it is about to (a preflight); true if it did.
func answerCORS(w http.ResponseWriter, r *http.Request, origin string) bool {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", origin)
	header.Add("Vary", "Origin")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, "+versionHeader+", "+typeHeader)
	w.WriteHeader(http.StatusNoContent)
	return true
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, host)
}

// hostOf cuts the port off a Host header.
func hostOf(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
