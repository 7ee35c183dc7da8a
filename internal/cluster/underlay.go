// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
)

// ErrAddress is returned for an address of this node that it does not have.
var ErrAddress = errors.New("this node does not have the address")

// elsewhere is in the world of each family, for the kernel to say by which address it would go there. Nothing is sent
// (RFC 5737, RFC 3849: nobody has them).
var elsewhere = []string{"[2001:db8::1]:9", "192.0.2.1:9"}

// Underlay finds the addresses that other nodes reach this one by: the one that it has towards the store, and in the other
// family the one that it has towards the default route. A store on this machine says nothing. None found is no error.
func Underlay(ctx context.Context, stores []string) []netip.Addr {
	var found []netip.Addr
	for _, target := range append(storeTargets(stores), elsewhere...) {
		address := sourceTowards(ctx, target)
		sameFamily := func(other netip.Addr) bool { return other.Is4() == address.Is4() }
		if address.IsValid() && !slices.ContainsFunc(found, sameFamily) {
			found = append(found, address)
		}
	}
	return found
}

// storeTargets are what of the store's URLs has a host and a port.
func storeTargets(stores []string) (targets []string) {
	for _, text := range stores {
		if u, err := url.Parse(text); err == nil && u.Port() != "" {
			targets = append(targets, u.Host)
		}
	}
	return targets
}

// sourceTowards asks the kernel which address a packet to target would have; invalid: none that another node could answer to.
func sourceTowards(ctx context.Context, target string) netip.Addr {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", target)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	source := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	if source.IsLoopback() || source.IsLinkLocalUnicast() {
		return netip.Addr{}
	}
	return source
}

// CheckOwn refuses addresses that this machine does not have.
func CheckOwn(addresses []netip.Addr) error {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("listing this machine's addresses: %w", err)
	}
	for _, address := range addresses {
		has := func(a net.Addr) bool {
			prefix, err := netip.ParsePrefix(a.String())
			return err == nil && prefix.Addr() == address
		}
		if !slices.ContainsFunc(own, has) {
			return fmt.Errorf("%w: %s: leave --address out, or give it what `ip address` shows", ErrAddress, address)
		}
	}
	return nil
}
