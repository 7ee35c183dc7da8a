// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// rules are what nft(8) would compile the chain of Masquerade to.
func (m Masquerade) rules() (rules [][]expr.Any) {
	for _, p := range m.Keep {
		rules = append(rules, append(matchPrefix(destination, p), &expr.Verdict{Kind: expr.VerdictReturn}))
	}
	for _, p := range m.Sources {
		rule := append(matchPrefix(source, p), leavesBySomethingElseThan(RouterHost)...)
		rules = append(rules, append(rule, &expr.Masq{}))
	}
	return rules
}

// side is one of the two addresses of an IP header.
type side struct{ offset4, offset6 uint32 } // bytes into the header

var (
	source      = side{offset4: 12, offset6: 8}
	destination = side{offset4: 16, offset6: 24}
)

// matchPrefix is `ip saddr PREFIX`, or daddr, or ip6.
func matchPrefix(s side, p netip.Prefix) []expr.Any {
	family, offset := byte(unix.NFPROTO_IPV4), s.offset4
	if p.Addr().Is6() {
		family, offset = unix.NFPROTO_IPV6, s.offset6
	}
	net := ipNet(p.Masked())
	size := uint32(len(net.Mask))
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{family}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: size},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: size, Mask: net.Mask, Xor: make([]byte, size)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: net.IP},
	}
}

// leavesBySomethingElseThan is `oifname != "DEVICE"`.
func leavesBySomethingElseThan(device string) []expr.Any {
	name := make([]byte, unix.IFNAMSIZ)
	copy(name, device)
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: name},
	}
}
