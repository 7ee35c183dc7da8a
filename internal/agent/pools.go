// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/ipam"
)

// ErrOverlap is returned for a subnet that is in use already.
var ErrOverlap = errors.New("the subnet overlaps one that is in use")

// pools are the addresses that this node hands out: its own prefixes', and those of the subnets that users of Docker ask for.
type pools struct {
	node Node
	ipv6 *ipam.Pool
	ipv4 *ipam.Pool // nil: pure IPv6
	log  *slog.Logger

	mu     sync.Mutex
	custom map[netip.Prefix]*ipam.Pool
	routed func([]netip.Prefix) error // makes the host route exactly these to the containers
}

func newPools(node Node, log *slog.Logger) (p *pools, err error) {
	p = &pools{node: node, log: log, custom: map[netip.Prefix]*ipam.Pool{}}
	if p.ipv6, err = ipam.NewIdentifierPool(node.Prefix6, node.Number, ipam.Reserve(node.Router6)); err != nil {
		return nil, err
	}
	if node.Prefix4.IsValid() {
		p.ipv4, err = ipam.NewPool(node.Prefix4, ipam.Reserve(node.Router4))
	}
	return p, err
}

// prefixes are all that containers of this node have addresses in.
func (p *pools) prefixes() []netip.Prefix {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prefixesLocked()
}

func (p *pools) prefixesLocked() []netip.Prefix {
	all := []netip.Prefix{p.node.Prefix6}
	if p.node.Prefix4.IsValid() {
		all = append(all, p.node.Prefix4)
	}
	return append(all, slices.SortedFunc(maps.Keys(p.custom), netip.Prefix.Compare)...)
}

// allocate gives an endpoint an address of each family.
func (p *pools) allocate() (ipv6, ipv4 netip.Addr, err error) {
	if ipv6, err = p.ipv6.Allocate(); err != nil || p.ipv4 == nil {
		return ipv6, ipv4, err
	}
	if ipv4, err = p.ipv4.Allocate(); err != nil {
		err = errors.Join(err, p.ipv6.Release(ipv6))
	}
	return ipv6, ipv4, err
}

// take takes the addresses of an endpoint that was there before this agent.
func (p *pools) take(e endpoint.Endpoint) error {
	var problems []error
	if e.IPv6.IsValid() {
		problems = append(problems, p.ipv6.Take(e.IPv6))
	}
	if e.IPv4.IsValid() && p.ipv4 != nil {
		problems = append(problems, p.ipv4.Take(e.IPv4))
	}
	return errors.Join(problems...)
}

// release gives an endpoint's addresses back. What can not be given back is lost until the next start, and logged.
func (p *pools) release(e endpoint.Endpoint) {
	if e.IPv6.IsValid() {
		p.giveBack(p.ipv6, e.IPv6)
	}
	if e.IPv4.IsValid() && p.ipv4 != nil {
		p.giveBack(p.ipv4, e.IPv4)
	}
}

func (p *pools) giveBack(pool *ipam.Pool, addr netip.Addr) {
	if err := pool.Release(addr); err != nil {
		p.log.Warn("an address was not given back", "address", addr, "err", err)
	}
}

// Node returns the pool of this node's own prefix of a family.
func (p *pools) Node(v6 bool) (docker.NodePool, bool) {
	if v6 {
		return docker.NodePool{Pool: p.ipv6, Prefix: p.node.Prefix6, Router: p.node.Router6}, true
	}
	if p.ipv4 == nil {
		return docker.NodePool{}, false
	}
	return docker.NodePool{Pool: p.ipv4, Prefix: p.node.Prefix4, Router: p.node.Router4}, true
}

// Open makes a pool of a user's subnet, and routes it. ErrOverlap if somebody has it.
func (p *pools) Open(prefix netip.Prefix) (docker.Pool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pool := p.custom[prefix]; pool != nil {
		return pool, nil
	}
	if err := p.free(prefix); err != nil {
		return nil, err
	}
	pool, err := ipam.NewPool(prefix)
	if err != nil {
		return nil, err
	}
	p.custom[prefix] = pool
	if err := p.route(); err != nil {
		delete(p.custom, prefix)
		return nil, errors.Join(err, p.route())
	}
	return pool, nil
}

// Close gives a user's subnet up. Closing what is not open is no error.
func (p *pools) Close(prefix netip.Prefix) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.custom[prefix] == nil {
		return nil
	}
	delete(p.custom, prefix)
	return p.route()
}

func (p *pools) route() error {
	if p.routed == nil {
		return nil
	}
	return p.routed(p.prefixesLocked())
}

// still runs do while no subnet comes or goes.
func (p *pools) still(do func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return do()
}

func (p *pools) free(prefix netip.Prefix) error {
	for _, other := range p.node.withCluster(p.prefixesLocked()) {
		if other.Overlaps(prefix) {
			return fmt.Errorf("%w: %s and %s of this node: choose another with --subnet", ErrOverlap, prefix, other)
		}
	}
	routes, err := datapath.HostRoutes()
	if err != nil {
		return err
	}
	for _, route := range routes {
		if route.Overlaps(prefix) {
			return fmt.Errorf("%w: %s and the host's route to %s: choose another with --subnet", ErrOverlap, prefix, route)
		}
	}
	return nil
}

// proposeIPv4 returns a /16 that no route of the host overlaps, for a cluster that is made now.
func proposeIPv4(routes []netip.Prefix) netip.Prefix {
	for second := 217; second > 0; second-- {
		candidate := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(second), 0, 0}), 16)
		if !slices.ContainsFunc(routes, candidate.Overlaps) {
			return candidate
		}
	}
	return netip.Prefix{}
}
