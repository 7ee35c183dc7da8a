// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Link is the wanted state of one endpoint's cable: a veth pair.
//
//	host's namespace               container's namespace
//	Host (up, no address) ------ Container, later named as the container likes
//
// Programs are attached to the host side. Both ends have MAC addresses of ours, so that an
// adopted pair is known by them.
type Link struct {
	Host      string           // name of the host side, at most 15 bytes
	Container string           // name of the container side until it is moved, at most 15 bytes
	MAC       net.HardwareAddr // of the container side
	HostMAC   net.HardwareAddr
	MTU       int
}

// Create makes the pair, and is idempotent: it adopts a right one, wherever the
// container side is by now, and replaces a wrong one.
func (l Link) Create() error {
	pair := veth{name: l.Host, peer: l.Container, mac: l.HostMAC, peerMAC: l.MAC, mtu: l.MTU}
	if err := pair.sync(); err != nil {
		return err
	}
	// Before it is up, or the kernel gives it a link-local address and tells everybody.
	if err := disableIPv6(l.Host); err != nil {
		return err
	}
	return setUp(l.Host)
}

// Delete deletes the pair, both sides, wherever the container side is. Missing is no error.
func (l Link) Delete() error { return deleteLink(l.Host) }

// Index is the interface index of the host side.
func (l Link) Index() (int, error) {
	link, err := netlink.LinkByName(l.Host)
	if err != nil {
		return 0, fmt.Errorf("looking for interface %s: %w", l.Host, err)
	}
	return link.Attrs().Index, nil
}

// gone is true for errors that say that an interface, address or route went meanwhile.
func gone(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EADDRNOTAVAIL)
}
