// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// OverlayDevice is the name of the device that wraps packets up for other nodes, and unwraps theirs.
const OverlayDevice = "hypha_vxlan"

// DefaultOverlayPort is the UDP port that Linux has for VXLAN, and most that is built on it. IANA's is 4789.
const DefaultOverlayPort = 8472

// ErrOverlayPort is returned when another VXLAN device of this network namespace has the port.
var ErrOverlayPort = errors.New("the UDP port of the overlay is taken")

// vxlan is the wanted state of a VXLAN device that asks programs, packet by packet, for node and VNI, and tells them both. It
// learns nothing. A frame that is not for its MAC address is nobody's, one that has it as source is refused.
type vxlan struct {
	name  string
	mac   net.HardwareAddr
	port  uint16
	mtu   int
	owner string // alias
}

// sync makes the device, adopts it if it is right, and replaces it if it is something else.
func (v vxlan) sync() error {
	link, err := findLink(v.name)
	if err != nil {
		return err
	}
	if link == nil || !v.right(link) {
		if err := errors.Join(deleteLink(v.name), v.create()); err != nil {
			return err
		}
		if link, err = netlink.LinkByName(v.name); err != nil {
			return fmt.Errorf("looking for interface %s: %w", v.name, err)
		}
	}
	if link.Attrs().MTU != v.mtu {
		if err := netlink.LinkSetMTU(link, v.mtu); err != nil {
			return fmt.Errorf("setting MTU %d on %s: %w", v.mtu, v.name, err)
		}
	}
	if err := sign(link, v.owner); err != nil {
		return err
	}
	return v.up()
}

// up: all that the device gets is for a program. Without one, the host's stack shall not forward it.
func (v vxlan) up() error {
	if err := disableIPv6(v.name); err != nil {
		return err
	}
	if err := writeSysctl("net/ipv4/conf/"+v.name+"/forwarding", "0"); err != nil {
		return err
	}
	err := setUp(v.name)
	if errors.Is(err, unix.EADDRINUSE) || errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("%w: another VXLAN device or program has %d: give all nodes another one: %w", ErrOverlayPort, v.port, err)
	}
	return err
}

func (v vxlan) right(link netlink.Link) bool {
	have, ok := link.(*netlink.Vxlan)
	return ok && have.FlowBased && !have.Learning && have.Port == int(v.port) && bytes.Equal(have.HardwareAddr, v.mac)
}

func (v vxlan) create() error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr, attrs.MTU = v.name, v.mac, v.mtu
	err := netlink.LinkAdd(&netlink.Vxlan{LinkAttrs: attrs, FlowBased: true, Port: int(v.port)})
	if errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("creating VXLAN device %s: %w: another device has %d: give all nodes another one", v.name, ErrOverlayPort, v.port)
	}
	if err != nil {
		return fmt.Errorf("creating VXLAN device %s: %w", v.name, err)
	}
	return nil
}

// deleteOwn deletes an interface that this owner has signed, or nobody. Missing is no error.
func deleteOwn(name, owner string) error {
	link, err := findLink(name)
	if err != nil || link == nil || link.Attrs().Alias != "" && link.Attrs().Alias != owner {
		return err
	}
	return deleteLink(name)
}
