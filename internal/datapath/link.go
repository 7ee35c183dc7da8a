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
//	Host (no address) ---------- Container, or what the container calls it
//
// Programs are attached to the host side before it is up: as long as it is down the kernel drops what the container sends. Both
// ends have MAC addresses of ours, so that an adopted pair is known by them.
type Link struct {
	Host      string           // name of the host side, at most 15 bytes
	Container string           // name of the container side until somebody moves it, at most 15 bytes
	MAC       net.HardwareAddr // of the container side
	HostMAC   net.HardwareAddr
	MTU       int
}

// Create makes the pair with both sides here, for an orchestrator that moves the container side. It is idempotent: it adopts
// a right one, wherever the container side is by now, and replaces a wrong one.
func (l Link) Create() error {
	pair := veth{name: l.Host, peer: l.Container, mac: l.HostMAC, peerMAC: l.MAC, mtu: l.MTU}
	if err := pair.sync(); err != nil {
		return err
	}
	return l.prepare()
}

// prepare comes before the host side is up, or the kernel gives it a link-local address and tells everybody.
func (l Link) prepare() error { return disableIPv6(l.Host) }

// Up brings the host side up. When it returns, packets pass in both directions if the container side is up, too.
func (l Link) Up() error {
	if err := setUp(l.Host); err != nil {
		return err
	}
	return l.settle()
}

// settle waits until the host side sends. Whichever side comes up last, the kernel gives the other one its queue a moment later
// (linkwatch), and drops what is sent by it before; to look at an interface brings that moment forward (facd15dfd691 "net:
// core: synchronize link-watch when carrier is queried", Linux 6.8).
func (l Link) settle() error {
	_, err := l.Index()
	return err
}

// Delete deletes the pair, both sides, wherever the container side is. Missing is no error.
func (l Link) Delete() error { return deleteLink(l.Host) }

// Index is the interface index of the host side.
func (l Link) Index() (int, error) { return indexOf(l.Host) }

func indexOf(name string) (int, error) {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return 0, fmt.Errorf("looking for interface %s: %w", name, err)
	}
	return link.Attrs().Index, nil
}

// gone is true for errors that say that an interface, address or route went meanwhile.
func gone(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EADDRNOTAVAIL)
}
