// SPDX-License-Identifier: Apache-2.0

package policy

import "net/netip"

// placeInCluster finds what matches a new label set.
func (r *Resolver) placeInCluster(one *resident) {
	c := &r.catalogue
	matched := make(map[*posting]bool, len(one.Labels))
	try := func(postings []*posting) {
		for _, p := range postings {
			if p.matches(one.Peer) {
				matched[p] = true
			}
		}
	}
	for name, value := range one.Labels {
		at := label{name, value}
		c.carriers[at] = insertSorted(c.carriers[at], one.index)
		try(c.byLabel[at])
	}
	try(c.scattered)
	for p := range c.usual {
		if p.matcher != nil && !matched[p] {
			p.setOdd(one)
		}
	}
	for p := range matched {
		if !p.usual[inCluster] {
			p.setOdd(one)
		}
	}
	try(c.words)
	for p := range matched {
		one.close(p, +1)
	}
	for l, p := range r.closed {
		if p.usual[inCluster] != (one.closers[l] > 0) {
			p.setOdd(one)
		}
	}
}

func (r *Resolver) uncarry(one *resident) {
	c := &r.catalogue
	for name, value := range one.Labels {
		at := label{name, value}
		if c.carriers[at] = removeSorted(c.carriers[at], one.index); len(c.carriers[at]) == 0 {
			delete(c.carriers, at)
		}
	}
}

// placeInWorld finds the CIDRs that cover a new prefix.
func (r *Resolver) placeInWorld(one *resident) {
	if !one.isCIDR() {
		return
	}
	for bits := range one.Prefix.Bits() + 1 {
		outer := netip.PrefixFrom(one.Prefix.Addr(), bits).Masked()
		for _, p := range r.catalogue.byPrefix[outer] {
			if p.matches(one.Peer) {
				p.setOdd(one)
			}
		}
	}
}

// close notes that a posting that matches the peer closes egress sides, or does no longer.
func (one *resident) close(p *posting, change int) {
	for l, closing := range p.closing {
		if closing > 0 {
			one.closers[l] += change
		}
	}
}
