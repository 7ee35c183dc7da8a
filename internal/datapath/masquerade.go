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
)

// table is our nftables table; nobody else writes to it, and we write to no other.
const table = "hypha"

// Masquerade is the wanted state of source address translation: containers speak to the world
// with the address of their host. And the world does not speak to containers with it: the programs
// take who has that address for the host. (IPv4 drops such packets by itself, IPv6 forwards them.)
//
//	table inet hypha {
//	  chain postrouting {
//	    type nat hook postrouting priority srcnat
//	    ip daddr KEEP return
//	    ip saddr SOURCE oifname != "hypha_host" masquerade
//	  }
//	  chain forward {
//	    type filter hook forward priority filter
//	    oifname "hypha_host" fib saddr type local drop
//	  }
//	}
//
// Translation has the kernel track all connections of the host. Packets of the overlay are excepted, where there is one: each flow in it
// would be one more, on both nodes. What is only forwarded to that port is not the overlay's, and what is not tracked is not translated.
//
//	chain untracked_in {
//	  type filter hook prerouting priority raw
//	  udp dport OVERLAY fib daddr type local notrack
//	}
//	chain untracked_out {
//	  type filter hook output priority raw
//	  udp dport OVERLAY notrack
//	}
type Masquerade struct {
	Sources []netip.Prefix // of containers whose addresses mean nothing to the world
	Keep    []netip.Prefix // destinations that shall see the containers' own addresses
	Overlay uint16         // UDP port; 0: there is none
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
	for _, chain := range m.chains(t) {
		c.AddChain(chain.Chain)
		for _, exprs := range chain.rules {
			c.AddRule(&nftables.Rule{Table: t, Chain: chain.Chain, Exprs: exprs})
		}
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
	if len(chains) != len(m.chains(t)) {
		return false, nil
	}
	for _, want := range m.chains(t) {
		if !slices.ContainsFunc(chains, func(c *nftables.Chain) bool { return c.Name == want.Name }) {
			return false, nil
		}
		rules, err := c.GetRules(t, want.Chain)
		if err != nil {
			return false, fmt.Errorf("masquerading: listing nftables rules: %w", err)
		}
		same := func(r *nftables.Rule, exprs []expr.Any) bool { return reflect.DeepEqual(r.Exprs, exprs) }
		if !slices.EqualFunc(rules, want.rules, same) {
			return false, nil
		}
	}
	return true, nil
}
