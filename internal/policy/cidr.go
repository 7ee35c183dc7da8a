// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ErrCIDR is returned for a broken "cidr:" peer, and for a prefix that can not be cut out of one.
var ErrCIDR = errors.New("broken CIDR")

// cidrMark starts a peer that is a prefix.
const cidrMark = "cidr:"

func parseCIDR(text string) (term, error) {
	prefix, err := parsePrefix(text)
	return term{prefix: prefix}, err
}

func parsePrefix(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return prefix, fmt.Errorf("%w: write cidr:ADDRESS/LENGTH", ErrCIDR)
	case prefix.Addr().Is4In6():
		return prefix, fmt.Errorf("%w: write IPv4 prefixes in IPv4 form", ErrCIDR)
	case prefix != prefix.Masked():
		return prefix, fmt.Errorf("%w: it has host bits set: write cidr:%s", ErrCIDR, prefix.Masked())
	}
	return prefix, nil
}

// isAddress reports whether the text is an address or a prefix. To the selector's parser 10.0.0.0/8 is the key of a label.
func isAddress(text string) bool {
	address, _, _ := strings.Cut(text, "/")
	_, err := netip.ParseAddr(address)
	return err == nil
}

// parseExcept reads an except list; the mark is optional in it.
func parseExcept(items []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for i, item := range items {
		prefix, err := parsePrefix(strings.TrimPrefix(item, cidrMark))
		if err != nil {
			return nil, at(err, fmt.Sprintf("%.80q", item), i)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// without returns the CIDR term less those of the prefixes that lie in it.
func (t term) without(prefixes []netip.Prefix) term {
	for _, p := range slices.SortedFunc(slices.Values(prefixes), netip.Prefix.Compare) {
		// Larger ones sort before those that they cover.
		if covers(t.prefix, p) && !t.excepts(p) {
			t.except = append(t.except, p)
		}
	}
	return t
}

// excepts reports whether p is in an exception. In order and without overlap, only the last that is not behind p can be it.
func (t term) excepts(p netip.Prefix) bool {
	next, same := slices.BinarySearchFunc(t.except, p, netip.Prefix.Compare)
	return same || next > 0 && covers(t.except[next-1], p)
}

// covers reports whether all of inner is in outer.
func covers(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// isEmptied reports whether the exceptions, which do not overlap, leave nothing of the CIDR: two of a length cover as
// much as one that is a bit shorter.
func (t term) isEmptied() bool {
	if len(t.except) == 0 {
		return false
	}
	var pieces [129]int // by length
	for _, e := range t.except {
		pieces[e.Bits()]++
	}
	for bits := len(pieces) - 1; bits > t.prefix.Bits(); bits-- {
		if pieces[bits]%2 != 0 {
			return false
		}
		pieces[bits-1] += pieces[bits] / 2
	}
	return pieces[t.prefix.Bits()] == 1
}

// prefixesKey writes a prefix less others: "10.0.0.0/8-10.1.0.0/16".
func prefixesKey(prefix netip.Prefix, except []netip.Prefix) string {
	var key strings.Builder
	key.WriteString(prefix.String())
	for _, e := range except {
		key.WriteString("-" + e.String())
	}
	return key.String()
}
