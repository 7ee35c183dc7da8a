// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
)

// Where our rules stand among the kernel's own: local 0, main 32766, default 32767.
const (
	preferSource  = 30000
	preferCluster = 30001
	preferLast    = 33000
)

// sourceFamily is what SourceRoutes says of one address family.
type sourceFamily struct {
	family  int
	address netip.Addr
	gateway netip.Addr
	cluster []netip.Prefix
}

// families are those that the endpoint has an address of.
func (s SourceRoutes) families() (all []sourceFamily) {
	for _, f := range []sourceFamily{
		{family: netlink.FAMILY_V6, address: s.IPv6, gateway: s.Gateway6},
		{family: netlink.FAMILY_V4, address: s.IPv4, gateway: s.Gateway4},
	} {
		for _, prefix := range s.Cluster {
			if prefix.Addr().BitLen() == f.address.BitLen() {
				f.cluster = append(f.cluster, prefix.Masked())
			}
		}
		if f.address.IsValid() {
			all = append(all, f)
		}
	}
	return all
}

// rules are the ways into the table, whatever their order here.
func (f sourceFamily) rules(table int) []netlink.Rule {
	rule := *netlink.NewRule()
	rule.Family, rule.Table = f.family, table
	from, last := rule, rule
	from.Priority, from.Src = preferSource, ipNet(hostPrefix(f.address))
	last.Priority = preferLast
	rules := []netlink.Rule{from, last}
	for _, prefix := range f.cluster {
		to := rule
		to.Priority, to.Dst = preferCluster, ipNet(prefix)
		rules = append(rules, to)
	}
	return rules
}

// syncRules makes these the rules of a family that lead into a table. Rules into other tables are not touched.
func syncRules(h *netlink.Handle, family, table int, want []netlink.Rule) error {
	have, err := dump(func() ([]netlink.Rule, error) {
		return h.RuleListFiltered(family, &netlink.Rule{Table: table}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return fmt.Errorf("listing routing rules: %w", err)
	}
	for _, rule := range want {
		if slices.ContainsFunc(have, sameRule(rule)) {
			continue
		}
		if err := h.RuleAdd(&rule); err != nil {
			return fmt.Errorf("adding routing rule %v: %w", rule, err)
		}
	}
	for _, rule := range have {
		if slices.ContainsFunc(want, sameRule(rule)) {
			continue
		}
		if err := h.RuleDel(&rule); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing routing rule %v: %w", rule, err)
		}
	}
	return nil
}

// sameRule compares what our rules differ in.
func sameRule(a netlink.Rule) func(netlink.Rule) bool {
	return func(b netlink.Rule) bool {
		return a.Priority == b.Priority && a.Src.String() == b.Src.String() && a.Dst.String() == b.Dst.String()
	}
}
