// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"time"
)

// openLedger reads the ledger at path and takes from lend what Docker holds. A damaged file is set aside and the
// endpoints that the agent remembers stand in for it; the engine's list completes them (see reconcile.go).
func openLedger(path string, lend Addresses, remembered []Attachment, log *slog.Logger) (*ledger, error) {
	saved, err := readHolding(path)
	switch {
	case errors.Is(err, errDamaged):
		aside := path + ".damaged"
		if err := os.Rename(path, aside); err != nil {
			return nil, fmt.Errorf("set damaged file aside: %w", err)
		}
		log.Error("what Docker holds can not be read: set aside, rebuilding it from the endpoints and the engine", "err", err, "aside", aside)
	case err != nil:
		return nil, fmt.Errorf("read what Docker holds: %w", err)
	}
	l := &ledger{
		path:    path,
		lend:    lend,
		holding: newHolding(),
		pools:   make(map[netip.Prefix]Pool),
		cursor:  make(map[poolID]netip.Addr),
		given:   make(map[string]time.Time),
		now:     time.Now,
	}
	l.holding.Endpoints = saved.Endpoints
	l.retake(saved, log)
	for _, a := range remembered {
		l.remember(a, log)
	}
	return l, l.holding.write(path)
}

// retake opens the saved pools and takes the saved addresses again. What can not be had any more (the node's prefix
// has changed) is reported and left out.
func (l *ledger) retake(saved holding, log *slog.Logger) {
	for _, prefix := range saved.Pools {
		if _, err := l.open(poolID{kind: poolOwn, prefix: prefix, within: prefix}); err != nil {
			log.Error("a Docker network's subnet is not usable any more: remove the network", "err", err)
		}
		l.holding.Pools = append(l.holding.Pools, prefix)
	}
	for addr, name := range saved.Addresses {
		if err := l.adopt(addr, name); err != nil {
			log.Error("an address that Docker holds is not usable any more: restart its container", "address", addr, "err", err)
		}
	}
}

// adopt takes an address that Docker already has.
func (l *ledger) adopt(addr netip.Addr, name string) error {
	id, err := parsePoolID(name)
	if err != nil {
		return err
	}
	pool, err := l.open(id)
	if err != nil {
		return err
	}
	if err := pool.Take(addr); err != nil {
		return err
	}
	l.hold(addr, id)
	return nil
}

// remember enters an endpoint of the agent that the saved file does not have.
func (l *ledger) remember(a Attachment, log *slog.Logger) {
	if _, ok := l.holding.Endpoints[a.ID]; ok {
		return
	}
	l.holding.Endpoints[a.ID] = attached{Network: a.Network, IPv4: a.IPv4, IPv6: a.IPv6, MAC: a.MAC.String()}
	for _, addr := range []netip.Addr{a.IPv4, a.IPv6} {
		if err := l.adoptUnnamed(addr); err != nil {
			log.Error("the address of a Docker endpoint is not usable any more: restart its container", "address", addr, "err", err)
		}
	}
}

// adoptUnnamed is adopt for an address of which the pool is not known: a user's subnet that holds it, else the node's.
func (l *ledger) adoptUnnamed(addr netip.Addr) error {
	if _, held := l.holding.Addresses[addr]; held || !addr.IsValid() {
		return nil
	}
	own := slices.IndexFunc(l.holding.Pools, func(p netip.Prefix) bool { return p.Contains(addr) })
	if own >= 0 {
		prefix := l.holding.Pools[own]
		return l.adopt(addr, poolID{kind: poolOwn, prefix: prefix, within: prefix}.String())
	}
	node, ok := l.lend.Node(addr.Is6())
	if !ok || addr == node.Router || !node.Prefix.Contains(addr) {
		return nil // nobody's to take, or of a subnet that only the engine knows: its list will tell
	}
	return l.adopt(addr, poolID{kind: poolNode, prefix: node.Prefix, within: node.Prefix}.String())
}
