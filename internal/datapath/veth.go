// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/vishvananda/netlink"
)

var (
	// ErrInterfaceExists says that the container has an interface of the wanted name already.
	ErrInterfaceExists = errors.New("there is an interface of that name already")
	// ErrMovedAway says that somebody has moved or renamed the container's interface.
	ErrMovedAway = errors.New("the container's interface is not where it was made: bring it back, or delete the endpoint")
)

// veth is the wanted state of a pair of connected interfaces.
type veth struct {
	name, peer string
	mac        net.HardwareAddr
	peerMAC    net.HardwareAddr
	mtu        int
	place      *place // where the peer is made; nil: here
	handover   string // what an older version called a peer that it had not brought to its place
}

// sync makes the pair, adopts it if it is right, and replaces it if it is something else.
func (v veth) sync() error {
	link, err := findLink(v.name)
	if err != nil {
		return err
	}
	if link != nil {
		if right, err := v.right(link); err != nil {
			return err
		} else if right {
			return v.adjust(link)
		}
		// What has one of our names and is not our pair is a leftover.
		if err := deleteLink(v.name); err != nil {
			return err
		}
	}
	if v.place == nil {
		if err := deleteLink(v.peer); err != nil {
			return err
		}
	}
	return v.create()
}

// right says whether link is our end of our pair.
func (v veth) right(link netlink.Link) (bool, error) {
	have := link.Attrs()
	switch {
	case link.Type() != "veth" || !bytes.Equal(have.HardwareAddr, v.mac):
		return false, nil
	case v.place != nil:
		return v.rightThere(have.NetNsID >= 0)
	}
	return v.rightHere(link), nil
}

// rightThere says whether the peer, which may be elsewhere by now, is in its place. ErrMovedAway if somebody else has it.
func (v veth) rightThere(elsewhere bool) (bool, error) {
	if !elsewhere {
		return false, nil
	}
	if v.place.has(v.peer, v.peerMAC) {
		return true, nil
	}
	if v.place.has(v.handover, v.peerMAC) {
		return false, nil
	}
	return false, fmt.Errorf("%w: the other end of %s", ErrMovedAway, v.name)
}

// rightHere says whether the peer is beside link. One that has moved to another network namespace counts as the right one: it
// is in use, and addresses of ours are unique.
func (v veth) rightHere(link netlink.Link) bool {
	have := link.Attrs()
	if have.NetNsID >= 0 {
		return true
	}
	peer, err := netlink.LinkByIndex(have.ParentIndex)
	if err != nil {
		return v.moved(link) // between the two looks at it
	}
	return peer.Attrs().Name == v.peer && bytes.Equal(peer.Attrs().HardwareAddr, v.peerMAC)
}

// moved says whether the peer of link has gone to another network namespace. An orchestrator may move it at any time.
func (v veth) moved(link netlink.Link) bool {
	again, err := netlink.LinkByIndex(link.Attrs().Index)
	return err == nil && again.Attrs().NetNsID >= 0
}

// adjust changes what can be changed on a pair that carries traffic.
func (v veth) adjust(link netlink.Link) error {
	if link.Attrs().MTU != v.mtu {
		if err := netlink.LinkSetMTU(link, v.mtu); err != nil {
			return fmt.Errorf("setting MTU %d on %s: %w", v.mtu, v.name, err)
		}
	}
	if link.Attrs().NetNsID >= 0 {
		return nil // the peer's MTU belongs to whoever has it
	}
	peer, err := findLink(v.peer)
	if err != nil || peer == nil || peer.Attrs().MTU == v.mtu {
		return err
	}
	if err := netlink.LinkSetMTU(peer, v.mtu); err != nil && !gone(err) {
		return fmt.Errorf("setting MTU %d on %s: %w", v.mtu, v.peer, err)
	}
	return nil
}

func (v veth) create() error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr, attrs.MTU = v.name, v.mac, v.mtu
	pair := netlink.NewVeth(attrs)
	pair.PeerName, pair.PeerHardwareAddr, pair.PeerMTU = v.peer, v.peerMAC, uint32(v.mtu)
	if v.place != nil {
		pair.PeerNamespace = netlink.NsFd(v.place.Fd())
	}
	err := netlink.LinkAdd(pair)
	if errors.Is(err, fs.ErrExist) && v.place != nil {
		err = ErrInterfaceExists
	}
	if err != nil {
		return fmt.Errorf("creating veth pair %s and %s: %w", v.name, v.peer, err)
	}
	return nil
}

// findLink is netlink.LinkByName with nil for what is missing.
func findLink(name string) (netlink.Link, error) {
	link, err := netlink.LinkByName(name)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for interface %s: %w", name, err)
	}
	return link, nil
}

// deleteLink deletes an interface, and its peer if it has one. Missing is no error.
func deleteLink(name string) error {
	link, err := findLink(name)
	if err != nil || link == nil {
		return err
	}
	if err := netlink.LinkDel(link); err != nil && !gone(err) {
		return fmt.Errorf("deleting interface %s: %w", name, err)
	}
	return nil
}

// setUp brings an interface up.
func setUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err == nil && !isUp(link) {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("setting %s up: %w", name, err)
	}
	return nil
}
