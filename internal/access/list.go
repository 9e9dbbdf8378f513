// Package access decides who may connect: lists of addresses, and limits on how
// many connections there are.
package access

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// List is a set of addresses with the semantics of BlockList in Node.js: IPv4
// addresses and those mapped into IPv6 (::ffff:192.0.2.1) are the same. The nil
// List is empty.
type List struct {
	spans []span // sorted, without overlaps
}

// span is all addresses from first to last, IPv4 ones in their mapped form.
type span struct{ first, last netip.Addr }

// ParseList reads a list of texts, or a text of lines: an address (::1), a range
// (192.168.1.5-192.168.1.9) or a subnet (10.0.0.0/8) each. Empty lines, and what
// follows a #, do not count.
func ParseList(v flow.Value) (*List, error) {
	var lines []string
	switch v := v.(type) {
	case nil, flow.Null:
	case string:
		lines = strings.Split(v, "\n")
	case flow.Array:
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("expected a text such as 10.0.0.0/8 as item %d, got %s", i+1, flow.JSON(item))
			}
			lines = append(lines, text)
		}
	default:
		return nil, fmt.Errorf("expected a list of addresses, got %s", flow.JSON(v))
	}
	l := &List{}
	for _, line := range lines {
		line, _, _ = strings.Cut(line, "#")
		if line = flow.TrimSpace(line); line == "" {
			continue
		}
		s, err := parseSpan(line)
		if err != nil {
			return nil, err
		}
		l.spans = append(l.spans, s)
	}
	l.merge()
	return l, nil
}

func parseSpan(text string) (span, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return span{}, fmt.Errorf("%s is no subnet such as 10.0.0.0/8 or 2001:db8::/32", text)
		}
		return subnet(p), nil
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err := netip.ParseAddr(flow.TrimSpace(from))
	last, err2 := netip.ParseAddr(flow.TrimSpace(to))
	switch {
	case (err != nil || err2 != nil) && isRange:
		return span{}, fmt.Errorf("%s is no range of addresses such as 192.168.1.5-192.168.1.9", text)
	case err != nil:
		return span{}, fmt.Errorf("%s is no address, range of addresses or subnet", text)
	case first.Unmap().Is4() != last.Unmap().Is4():
		return span{}, fmt.Errorf("the ends of %s are of different families", text)
	case last.Unmap().Less(first.Unmap()):
		return span{}, fmt.Errorf("%s ends before it begins", text)
	}
	return span{mapped(first), mapped(last)}, nil
}

// mapped returns an address as one of IPv6 without a zone.
func mapped(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }

func subnet(p netip.Prefix) span {
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	first := netip.PrefixFrom(mapped(p.Addr()), bits).Masked().Addr()
	last := first.As16()
	for i := bits; i < 128; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	return span{first, netip.AddrFrom16(last)}
}

// merge sorts the spans, and makes one of those that overlap.
func (l *List) merge() {
	slices.SortFunc(l.spans, func(a, b span) int { return a.first.Compare(b.first) })
	merged := l.spans[:0]
	for _, s := range l.spans {
		if n := len(merged); n > 0 && !merged[n-1].last.Less(s.first) {
			if merged[n-1].last.Less(s.last) {
				merged[n-1].last = s.last
			}
			continue
		}
		merged = append(merged, s)
	}
	l.spans = merged
}

// IsEmpty tells whether no address is in the list.
func (l *List) IsEmpty() bool { return l == nil || len(l.spans) == 0 }

// Contains tells whether the address is in the list.
func (l *List) Contains(a netip.Addr) bool {
	if l.IsEmpty() || !a.IsValid() {
		return false
	}
	a = mapped(a)
	_, found := slices.BinarySearchFunc(l.spans, a, func(s span, a netip.Addr) int {
		switch {
		case s.last.Less(a):
			return -1
		case a.Less(s.first):
			return 1
		}
		return 0
	})
	return found
}
