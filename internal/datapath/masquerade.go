// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"reflect"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// table is our nftables table; nobody else writes to it, and we write to no other.
const table = "hypha"

// Masquerade is the wanted state of source address translation: containers speak to the world
// with the address of their host.
//
//	table inet hypha {
//	  chain postrouting {
//	    type nat hook postrouting priority srcnat
//	    ip daddr KEEP return
//	    ip saddr SOURCE oifname != "hypha_host" masquerade
//	  }
//	}
type Masquerade struct {
	Sources []netip.Prefix // of containers whose addresses mean nothing to the world
	Keep    []netip.Prefix // destinations that shall see the containers' own addresses
}

// Sync makes the kernel agree with m, in one transaction. If it does already, nothing is written.
func (m Masquerade) Sync() error {
	have, err := m.installed()
	if err != nil {
		return err
	}
	if have {
		return nil
	}
	c, err := nftables.New()
	if err != nil {
		return fmt.Errorf("masquerading: %w", err)
	}
	t := &nftables.Table{Name: table, Family: nftables.TableFamilyINet}
	c.AddTable(t) // so that there is one to delete
	c.DelTable(t)
	c.AddTable(t)
	chain := c.AddChain(m.chain(t))
	for _, exprs := range m.rules() {
		c.AddRule(&nftables.Rule{Table: t, Chain: chain, Exprs: exprs})
	}
	if err := c.Flush(); err != nil {
		return fmt.Errorf("masquerading: writing nftables: %w", err)
	}
	return nil
}

// Remove deletes the table. Missing is no error.
func (m Masquerade) Remove() error {
	c, err := nftables.New()
	if err != nil {
		return fmt.Errorf("removing masquerading: %w", err)
	}
	c.DelTable(&nftables.Table{Name: table, Family: nftables.TableFamilyINet})
	if err := c.Flush(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing masquerading: %w", err)
	}
	return nil
}

// installed says whether the kernel has exactly the rules of m.
func (m Masquerade) installed() (bool, error) {
	c, err := nftables.New()
	if err != nil {
		return false, fmt.Errorf("masquerading: %w", err)
	}
	t := &nftables.Table{Name: table, Family: nftables.TableFamilyINet}
	chains, err := c.ListChainsOfTableFamily(t.Family)
	if err != nil {
		return false, fmt.Errorf("masquerading: listing nftables chains: %w", err)
	}
	chains = slices.DeleteFunc(chains, func(c *nftables.Chain) bool { return c.Table.Name != table })
	if len(chains) != 1 || chains[0].Name != m.chain(t).Name {
		return false, nil
	}
	rules, err := c.GetRules(t, chains[0])
	if err != nil {
		return false, fmt.Errorf("masquerading: listing nftables rules: %w", err)
	}
	return slices.EqualFunc(rules, m.rules(), func(r *nftables.Rule, want []expr.Any) bool {
		return reflect.DeepEqual(r.Exprs, want)
	}), nil
}

func (m Masquerade) chain(t *nftables.Table) *nftables.Chain {
	return &nftables.Chain{
		Name: "postrouting", Table: t, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	}
}

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
