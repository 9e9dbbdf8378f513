package httprequest

import (
	"encoding/binary"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// errURL says that a URL is none, in Node.js' words.
var errURL = &flow.Error{Name: "TypeError", Message: "Invalid URL", Code: "ERR_INVALID_URL"}

// parseAuthority reads the part of a URL between its scheme and its path: a user,
// and a host with its port, unless that goes without saying.
func parseAuthority(scheme, text string) (user *url.Userinfo, host string, err error) {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		name, password, hasPassword := strings.Cut(text[:at], ":")
		if user = url.User(decoded(name)); hasPassword {
			user = url.UserPassword(decoded(name), decoded(password))
		}
		text = text[at+1:]
	}
	name, port := text, ""
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') {
		name, port = text[:colon], text[colon+1:]
	}
	if host, err = parseHost(name); err != nil || port == "" {
		return user, host, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil:
		return nil, "", errURL
	case scheme == "http" && number == 80, scheme == "https" && number == 443:
		return user, host, nil
	}
	return user, host + ":" + strconv.FormatUint(number, 10), nil
}

// notInHost is what no name of a host may have, besides control characters. All
// else is left to the name server.
const notInHost = " #/:<>?@[\\]^|%"

// parseHost reads a name or an address as browsers do.
func parseHost(text string) (string, error) {
	text = decoded(text)
	if inside, ok := strings.CutPrefix(text, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		ip, err := netip.ParseAddr(inside)
		if !ok || err != nil || !ip.Is6() {
			return "", errURL
		}
		return "[" + ip.String() + "]", nil
	}
	if text == "" || strings.ContainsAny(text, notInHost) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errURL
	}
	if !isNumeric(text) {
		return strings.ToLower(text), nil
	}
	ip, ok := parseIPv4(text)
	if !ok {
		return "", errURL
	}
	return ip.String(), nil
}

// isNumeric tells whether a host can only be an IPv4 address: its last part is a
// number.
func isNumeric(host string) bool {
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseNumber(last)
	return ok
}

// parseIPv4 reads an address whose last part may stand for several bytes: 127.1 and
// 2130706433 are 127.0.0.1.
func parseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var address uint64
	for i, part := range parts {
		number, ok := parseNumber(part)
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		if !ok || number >= 1<<bits {
			return netip.Addr{}, false
		}
		address = address<<bits | number
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(address)))), true //nolint:gosec // it has 32 bits
}

// parseNumber reads a part of an address: 0x begins a hexadecimal number, 0 an octal
// one.
func parseNumber(text string) (uint64, bool) {
	base := 10
	switch {
	case strings.HasPrefix(text, "0x"), strings.HasPrefix(text, "0X"):
		if text, base = text[2:], 16; text == "" {
			return 0, true
		}
	case len(text) > 1 && text[0] == '0':
		base = 8
	}
	number, err := strconv.ParseUint(text, base, 64)
	return number, err == nil
}

// decoded returns a part of a URL without its encoding; one that is not encoded as it
// should be stays as it is.
func decoded(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
