// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	vnetns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/netns"
)

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

// has says whether there is a veth with that name and MAC address.
func (p place) has(name string, mac net.HardwareAddr) bool {
	link, err := p.LinkByName(name)
	return err == nil && link.Type() == "veth" && bytes.Equal(link.Attrs().HardwareAddr, mac)
}
