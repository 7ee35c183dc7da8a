// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ipBlock returns the block as an item of from or to, and the prefixes that are cut out of it.
func (t *translation) ipBlock(b *ipBlock, path *field.Path) (item string, except []string, err error) {
	block, err := t.prefix(b.CIDR, path.Child("cidr"))
	if err != nil {
		return "", nil, err
	}
	for i, text := range b.Except {
		at := path.Child("except").Index(i)
		hole, err := t.prefix(text, at)
		if err != nil {
			return "", nil, err
		}
		if hole.Bits() <= block.Bits() || !block.Contains(hole.Addr()) {
			return "", nil, field.Invalid(at, text, "must be a strict subset of `cidr`, which is "+b.CIDR)
		}
		except = append(except, hole.String())
	}
	for _, own := range t.cluster {
		if own.Overlaps(block) {
			t.warn(path.Child("cidr"), "%s covers addresses of the cluster's own %s: an ipBlock is never about endpoints, select them by label", block, own)
		}
	}
	return "cidr:" + block.String(), except, nil
}

// prefix reads a CIDR. As in Kubernetes bits behind its length do not count.
func (t *translation) prefix(text string, path *field.Path) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, field.Invalid(path, text, "must be ADDRESS/LENGTH, such as 192.0.2.0/24 or 2001:db8::/32")
	case p.Addr().Is4In6():
		return netip.Prefix{}, field.Invalid(path, text, "must be written as IPv4 if it is IPv4")
	case p != p.Masked():
		t.warn(path, "%s has bits set behind its length: it is read as %s", text, p.Masked())
	}
	return p.Masked(), nil
}
