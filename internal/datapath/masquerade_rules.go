// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// ruledChain is a chain with its rules, as nft(8) would compile them.
type ruledChain struct {
	*nftables.Chain
	rules [][]expr.Any
}

func (m Masquerade) chains(t *nftables.Table) []ruledChain {
	all := []ruledChain{
		{&nftables.Chain{
			Name: "postrouting", Table: t, Type: nftables.ChainTypeNAT,
			Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
		}, m.translate()},
		{&nftables.Chain{
			Name: "forward", Table: t, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter,
		}, [][]expr.Any{dropFromOurselves()}},
	}
	if m.Overlay == 0 {
		return all
	}
	untracked := func(name string, hook *nftables.ChainHook, which []expr.Any) ruledChain {
		return ruledChain{&nftables.Chain{
			Name: name, Table: t, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: nftables.ChainPriorityRaw,
		}, [][]expr.Any{append(which, &expr.Notrack{})}}
	}
	toOverlay := matchUDPPort(m.Overlay)
	return append(all,
		untracked("untracked_in", nftables.ChainHookPrerouting, slices.Concat(toOverlay, isLocal(destination))),
		untracked("untracked_out", nftables.ChainHookOutput, toOverlay))
}

// translate are the rules of what leaves the host.
func (m Masquerade) translate() (rules [][]expr.Any) {
	for _, p := range m.Keep {
		rules = append(rules, append(matchPrefix(destination, p), &expr.Verdict{Kind: expr.VerdictReturn}))
	}
	for _, p := range m.Sources {
		rule := append(matchPrefix(source, p), leavesBy(RouterHost, expr.CmpOpNeq)...)
		rules = append(rules, append(rule, &expr.Masq{}))
	}
	return rules
}

// dropFromOurselves is `oifname "hypha_host" fib saddr type local drop`: what the host sends itself is not forwarded.
func dropFromOurselves() []expr.Any {
	rule := append(leavesBy(RouterHost, expr.CmpOpEq), isLocal(source)...)
	return append(rule, &expr.Verdict{Kind: expr.VerdictDrop})
}

// matchUDPPort is `udp dport PORT`.
func matchUDPPort(port uint16) []expr.Any {
	const offset, size = 2, 2 // of the destination port in a UDP header
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_UDP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: size},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binary.BigEndian.AppendUint16(nil, port)},
	}
}

// side is one of the two addresses of an IP header.
type side struct{ offset4, offset6 uint32 } // bytes into the header

var (
	source      = side{offset4: 12, offset6: 8}
	destination = side{offset4: 16, offset6: 24}
)

// isLocal is `fib saddr type local`, or daddr: one of the host's own addresses.
func isLocal(s side) []expr.Any {
	return []expr.Any{
		&expr.Fib{Register: 1, FlagSADDR: s == source, FlagDADDR: s == destination, ResultADDRTYPE: true},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binary.NativeEndian.AppendUint32(nil, unix.RTN_LOCAL)},
	}
}

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

// leavesBy is `oifname "DEVICE"`, or `oifname != "DEVICE"`.
func leavesBy(device string, compare expr.CmpOp) []expr.Any {
	name := make([]byte, unix.IFNAMSIZ)
	copy(name, device)
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: 1},
		&expr.Cmp{Op: compare, Register: 1, Data: name},
	}
}
