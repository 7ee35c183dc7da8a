// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The two ends of the router's cable.
//
//	host's stack | hypha_host ------ hypha_net | programs
//
// What the host sends to containers leaves by hypha_host and meets the program on hypha_net.
// What containers send to the host, or through it, programs put into hypha_host's ingress.
const (
	RouterHost = "hypha_host"
	RouterNet  = "hypha_net"
)

// Where the host's routes to containers stand: in a table of their own, which a rule for each prefix leads to, ahead of the
// main one. Docker takes no subnet that a route of the main table covers, not even from the driver whose route it is: it
// would ask for another one forever.
const (
	routerTable      = 2617
	routerPreference = 2617
)

// ErrForeignRouter is returned when another agent's router device is in this network namespace.
var ErrForeignRouter = errors.New("the router device is another agent's")

// Router is the wanted state of the device pair between the host's stack and the programs: the
// gateway of all containers.
//
// Both ends have one MAC address and hypha_host does no ARP: so a frame to a container, whatever
// its address, needs no neighbour entry, and carries the MAC address of the end that takes it.
type Router struct {
	MAC      net.HardwareAddr
	IPv6     netip.Addr     // of the gateway; zero: no IPv6
	IPv4     netip.Addr     // of the gateway; zero: no IPv4
	Prefixes []netip.Prefix // where containers are: the node's, and those of custom subnets
	Cluster  []netip.Prefix // where they are on all nodes. Others may have routes to parts of it: to other nodes
	MTU      int
	Owner    string // whose it is: the alias of hypha_host. Empty: nobody's in particular
}

// Sync makes the kernel agree with r, whatever was there before. What is right already is not
// touched. ErrForeignRouter if it is another agent's, ErrRouteExists if a prefix covers somebody else's route, which ours
// would come before.
func (r Router) Sync() error {
	if err := r.checkPrefixes(); err != nil {
		return err
	}
	if err := r.checkOwner(); err != nil {
		return err
	}
	if err := r.syncDevices(); err != nil {
		return err
	}
	link, err := netlink.LinkByName(RouterHost)
	if err != nil {
		return fmt.Errorf("looking for interface %s: %w", RouterHost, err)
	}
	if err := sign(link, r.Owner); err != nil {
		return err
	}
	// New addresses before the routes that use them as source, old ones after those that did.
	h := &netlink.Handle{}
	if err := addAddresses(h, link, r.addresses()); err != nil {
		return err
	}
	if err := errors.Join(removeRoutes(h, link, mainTable, nil), removeRoutes(h, link, routerTable, r.routes())); err != nil {
		return err
	}
	if err := addRoutes(h, link, routerTable, r.routes()); err != nil {
		return err
	}
	if err := syncRouterRules(h, r.all()); err != nil {
		return err
	}
	return removeAddresses(h, link, r.addresses())
}

// Remove takes the devices away, and with them their addresses and routes, and the rules that lead there. Missing is no
// error, and ErrForeignRouter leaves all as it is.
func (r Router) Remove() error {
	if err := r.checkOwner(); err != nil {
		return err
	}
	return errors.Join(syncRouterRules(&netlink.Handle{}, nil), deleteLink(RouterHost))
}

func (r Router) checkPrefixes() error {
	routes, err := HostRoutes()
	if err != nil {
		return err
	}
	for _, p := range r.all() {
		toNodes := p.Addr().Is6() && slices.Contains(r.Cluster, p)
		for _, other := range routes {
			if p.Bits() <= other.Bits() && p.Overlaps(other) && !toNodes {
				return fmt.Errorf("routing %s to containers: %w, to %s", p, ErrRouteExists, other)
			}
		}
	}
	return nil
}

// checkOwner refuses to touch what another agent signed.
func (r Router) checkOwner() error {
	link, err := findLink(RouterHost)
	if err != nil || link == nil {
		return err
	}
	if owner := link.Attrs().Alias; owner != "" && owner != r.Owner {
		return fmt.Errorf("%w: %s belongs to the one with --bpf %s (if it is no more: hypha cleanup --bpf %s, and the --state and --run it had); "+
			"an agent of its own wants a network namespace of its own", ErrForeignRouter, RouterHost, owner, owner)
	}
	return nil
}

// sign writes the owner on a device.
func sign(link netlink.Link, owner string) error {
	if link.Attrs().Alias == owner {
		return nil
	}
	if err := netlink.LinkSetAlias(link, owner); err != nil {
		return fmt.Errorf("writing the owner on %s: %w", link.Attrs().Name, err)
	}
	return nil
}

// syncRouterRules makes the rules into the router's table one for each prefix.
func syncRouterRules(h *netlink.Handle, prefixes []netip.Prefix) error {
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		var rules []netlink.Rule
		for _, prefix := range prefixes {
			if prefix.Addr().Is4() != (family == netlink.FAMILY_V4) {
				continue
			}
			rule := *netlink.NewRule()
			rule.Family, rule.Table, rule.Priority, rule.Dst = family, routerTable, routerPreference, ipNet(prefix.Masked())
			rules = append(rules, rule)
		}
		if err := syncRules(h, family, routerTable, rules); err != nil {
			return err
		}
	}
	return nil
}

func (r Router) syncDevices() error {
	pair := veth{name: RouterHost, peer: RouterNet, mac: r.MAC, peerMAC: r.MAC, mtu: r.MTU}
	if err := pair.sync(); err != nil {
		return err
	}
	if err := r.syncHost(); err != nil {
		return err
	}
	if err := disableIPv6(RouterNet); err != nil {
		return err
	}
	// All that comes to hypha_net is for a program. Without one, forwarding would
	// send it back into hypha_host, round and round until its hops are used up.
	if err := writeSysctl("net/ipv4/conf/"+RouterNet+"/forwarding", "0"); err != nil {
		return err
	}
	if err := setUp(RouterNet); err != nil {
		return err
	}
	return setUp(RouterHost)
}

// syncHost sets what must be right before hypha_host is up.
func (r Router) syncHost() error {
	link, err := netlink.LinkByName(RouterHost)
	if err != nil {
		return fmt.Errorf("looking for interface %s: %w", RouterHost, err)
	}
	if link.Attrs().RawFlags&unix.IFF_NOARP == 0 {
		if err := netlink.LinkSetARPOff(link); err != nil {
			return fmt.Errorf("switching ARP off on %s: %w", RouterHost, err)
		}
	}
	if !r.IPv6.IsValid() {
		return disableIPv6(RouterHost)
	}
	return enableIPv6(RouterHost)
}

// all are the prefixes that the host's routes lead to containers.
func (r Router) all() []netip.Prefix { return slices.Concat(r.Prefixes, r.Cluster) }

func (r Router) addresses() []netip.Addr { return []netip.Addr{r.IPv4, r.IPv6} }

// routes are one for each prefix of a family that is in use.
func (r Router) routes() (routes []route) {
	for _, p := range r.all() {
		src := r.IPv4
		if p.Addr().Is6() {
			src = r.IPv6
		}
		if src.IsValid() {
			routes = append(routes, route{to: p, src: src})
		}
	}
	return routes
}
