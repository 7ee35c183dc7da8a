// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"log/slog"
	"net/netip"
	"slices"
)

// agree takes the subnets and addresses that the engine has and the ledger has not (its file was lost), and gives
// back the ones that the engine has forgotten (it crashed in between).
func (l *ledger) agree(found listing, log *slog.Logger) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.holding.Pools) + len(l.holding.Addresses)
	l.adoptSubnets(found, log)
	used := l.adoptAddresses(found, log)
	errs := []error{l.freeForgotten(used, log), l.closeForgotten(found, log)}
	if len(l.holding.Pools)+len(l.holding.Addresses) != before {
		errs = append(errs, l.save(func() {}))
	}
	return errors.Join(errs...)
}

func (l *ledger) adoptSubnets(found listing, log *slog.Logger) {
	for prefix := range found.subnets {
		if slices.Contains(l.holding.Pools, prefix) || !l.elsewhere(prefix) {
			continue
		}
		if _, err := l.open(poolID{kind: poolOwn, prefix: prefix, within: prefix}); err != nil {
			log.Error("a Docker network's subnet is not usable: remove the network", "err", err)
			continue
		}
		l.holding.Pools = append(l.holding.Pools, prefix)
	}
}

// elsewhere reports whether prefix is a user's, outside of the node's own. Docker's null IPAM driver shows 0.0.0.0/0.
func (l *ledger) elsewhere(prefix netip.Prefix) bool {
	node, ok := l.lend.Node(prefix.Addr().Is6())
	return ok && prefix.IsValid() && prefix.Bits() > 0 && !node.Prefix.Overlaps(prefix)
}

// adoptAddresses returns all addresses that Docker has a use for.
func (l *ledger) adoptAddresses(found listing, log *slog.Logger) map[netip.Addr]bool {
	used := make(map[netip.Addr]bool)
	adopt := func(addr netip.Addr, owner string) {
		used[addr] = true
		if err := l.adoptUnnamed(addr); err != nil {
			log.Error("an address that Docker holds is taken: restart its container", "address", addr, "owner", owner, "err", err)
		}
	}
	for addr := range found.set {
		adopt(addr, "network")
	}
	for id, e := range found.endpoints {
		held := l.holding.Endpoints[id]
		for _, addr := range append(e.addresses, valid(held.IPv4, held.IPv6)...) {
			adopt(addr, e.container.Name)
		}
	}
	return used
}

func (l *ledger) freeForgotten(used map[netip.Addr]bool, log *slog.Logger) error {
	var errs []error
	for addr := range l.holding.Addresses {
		if !used[addr] && !l.fresh(addr.String()) {
			log.Info("freeing an address that Docker has forgotten", "address", addr)
			errs = append(errs, l.releaseLocked(addr))
		}
	}
	return errors.Join(errs...)
}

func (l *ledger) closeForgotten(found listing, log *slog.Logger) error {
	var errs []error
	for _, prefix := range slices.Clone(l.holding.Pools) {
		if !found.subnets[prefix] && !l.fresh(prefix.String()) {
			log.Info("closing a subnet that Docker has forgotten", "subnet", prefix)
			errs = append(errs, l.closePool(prefix))
		}
	}
	return errors.Join(errs...)
}
