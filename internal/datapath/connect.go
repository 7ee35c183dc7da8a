// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Attachment is the wanted state of the container side of a Link.
type Attachment struct {
	Netns      string // path of the container's network namespace
	Name       string // of the interface in there
	IPv6, IPv4 netip.Addr
	Gateway6   netip.Addr // zero: no default route
	Gateway4   netip.Addr
	MTU        int
	MTU4       int // of what goes behind the IPv4 gateway, if that is less; 0: the same
}

// CreateIn makes the pair with the container side in the container, under the name that it has there: it is never moved, for
// which the kernel would have all CPUs wait for each other. It is idempotent, and all or nothing. netns.ErrNotNamespace,
// ErrInterfaceExists and ErrMovedAway say what is wrong with the attachment.
func (l Link) CreateIn(a Attachment) error {
	p, err := openPlace(a.Netns)
	if err != nil {
		return err
	}
	defer p.close()
	pair := veth{name: l.Host, peer: a.Name, mac: l.HostMAC, peerMAC: l.MAC, mtu: l.MTU, place: &p, handover: l.Container}
	if err := pair.sync(); err != nil {
		return fmt.Errorf("attaching %s: %w", a.Netns, err)
	}
	return l.prepare()
}

// Connect brings up what CreateIn has made, the container side with its addresses and routes. It is idempotent, and all or
// nothing: after an error the container has no interface, unless it had it in use before. ErrRouteExists if it has a default
// route already.
func (l Link) Connect(a Attachment) (err error) {
	p, err := openPlace(a.Netns)
	if err != nil {
		return err
	}
	defer p.close()
	inside, err := p.LinkByName(a.Name)
	if err != nil {
		return fmt.Errorf("looking for interface %s in %s: %w", a.Name, a.Netns, err)
	}
	if isUp(inside) {
		return a.configure(p, inside)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Delete())
		}
	}()
	if err := setUp(l.Host); err != nil {
		return err
	}
	if err := a.configure(p, inside); err != nil {
		return err
	}
	return l.settle()
}

func isUp(link netlink.Link) bool { return link.Attrs().Flags&net.FlagUp != 0 }
