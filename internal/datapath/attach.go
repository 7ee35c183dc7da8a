// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	vnetns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/netns"
)

// ErrInterfaceExists says that the container has an interface of the wanted name already.
var ErrInterfaceExists = errors.New("there is an interface of that name already")

// Attachment is the wanted state of the container side of a Link.
type Attachment struct {
	Netns      string // path of the container's network namespace
	Name       string // of the interface in there
	IPv6, IPv4 netip.Addr
	Gateway6   netip.Addr // zero: no default route
	Gateway4   netip.Addr
	MTU        int
}

// place is an open network namespace and a netlink handle into it.
type place struct {
	*netns.Namespace
	*netlink.Handle
}

func openPlace(path string) (place, error) {
	ns, err := netns.Open(path)
	if err != nil {
		return place{}, err
	}
	h, err := netlink.NewHandleAt(vnetns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return place{}, errors.Join(fmt.Errorf("talking to network namespace %s: %w", path, err), ns.Close())
	}
	return place{ns, h}, nil
}

func (p place) close() {
	p.Handle.Close()
	p.Namespace.Close()
}

// Attach moves the container side into the container and gives it name, addresses and
// routes. It is idempotent, and all or nothing: after an error the container is as it was.
// netns.ErrNotNamespace, ErrInterfaceExists and ErrRouteExists say what is wrong with the attachment.
func (l Link) Attach(a Attachment) (err error) {
	p, err := openPlace(a.Netns)
	if err != nil {
		return err
	}
	defer p.close()
	if l.attached(p, a.Name) {
		return a.configure(p)
	}
	if err := l.move(p, a); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.takeBack(p, a.Name))
		}
	}()
	return a.configure(p)
}

// Detach takes the container side back into the calling thread's namespace, without addresses and
// routes. If it, or the whole container, is gone, there is nothing to do.
func (l Link) Detach(a Attachment) error {
	p, err := openPlace(a.Netns)
	if vanished(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.close()
	if !l.attached(p, a.Name) {
		return nil
	}
	return l.takeBack(p, a.Name)
}

// attached says whether the interface name in the container is this link's.
func (l Link) attached(p place, name string) bool {
	link, err := p.LinkByName(name)
	return err == nil && link.Type() == "veth" && bytes.Equal(link.Attrs().HardwareAddr, l.MAC)
}

// move brings the container side into the container and names it.
func (l Link) move(p place, a Attachment) error {
	if _, err := p.LinkByName(a.Name); err == nil {
		return fmt.Errorf("attaching %s in %s: %w", a.Name, a.Netns, ErrInterfaceExists)
	}
	if !l.attached(p, l.Container) { // it is, if an earlier agent was killed between the two steps
		link, err := netlink.LinkByName(l.Container)
		if err != nil {
			return fmt.Errorf("looking for interface %s: %w", l.Container, err)
		}
		if err := netlink.LinkSetNsFd(link, p.Fd()); err != nil {
			return fmt.Errorf("moving %s to %s: %w", l.Container, a.Netns, err)
		}
	}
	if err := rename(p, l.Container, a.Name); err != nil {
		return errors.Join(err, l.takeBack(p, l.Container))
	}
	return nil
}

// takeBack is the way back from move. The kernel flushes addresses and routes.
func (l Link) takeBack(p place, name string) error {
	here, err := netns.Current()
	if err != nil {
		return err
	}
	defer here.Close()
	if err := rename(p, name, l.Container); err != nil {
		return err
	}
	link, err := p.LinkByName(l.Container)
	if err == nil {
		err = p.LinkSetNsFd(link, here.Fd())
	}
	if err != nil {
		return fmt.Errorf("taking %s back from its container: %w", l.Container, err)
	}
	return nil
}

// rename names an interface in the container, which takes it down.
func rename(p place, from, to string) error {
	link, err := p.LinkByName(from)
	if err == nil && link.Attrs().Flags&net.FlagUp != 0 {
		err = p.LinkSetDown(link)
	}
	if err == nil && from != to {
		err = p.LinkSetName(link, to)
	}
	if err != nil {
		return fmt.Errorf("renaming %s to %s: %w", from, to, err)
	}
	return nil
}
