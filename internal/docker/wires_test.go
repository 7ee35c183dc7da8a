// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/vishvananda/netlink"
)

// wires is an agent without a datapath: each endpoint is a plain veth, which the host routes to.
//
//	container                        host
//	eth0 10.99.1.5/32 ─────────────── hyt<id>, 10.99.1.1/32, route 10.99.1.5/32
//	default via 10.99.1.1 on-link
type wires struct {
	lend *lender

	mu   sync.Mutex
	have map[string]wire
}

type wire struct {
	Attachment
	Container Container
	Sandbox   string
}

func newWires(t *testing.T, lend *lender) *wires {
	w := &wires{lend: lend, have: make(map[string]wire)}
	t.Cleanup(func() {
		for _, a := range w.Attachments() {
			t.Errorf("endpoint %s is left behind", short(a.ID))
			if err := w.Delete(context.Background(), a.ID); err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

func hostSide(id string) string { return "hyt" + id[:8] }
func peerSide(id string) string { return "hyp" + id[:8] }

func (w *wires) Create(_ context.Context, a Attachment) (err error) {
	link := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: hostSide(a.ID)},
		PeerName:         peerSide(a.ID),
		PeerHardwareAddr: a.MAC,
	}
	if err := netlink.LinkAdd(link); err != nil {
		return fmt.Errorf("make veth: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, netlink.LinkDel(link))
		}
	}()
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	for _, addr := range valid(a.IPv4, a.IPv6) {
		if err := w.route(link, addr); err != nil {
			return fmt.Errorf("route %v: %w", addr, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.have[a.ID] = wire{Attachment: a}
	return nil
}

// route makes the host's end the router, and routes the container's address to it.
func (w *wires) route(link netlink.Link, addr netip.Addr) error {
	router := w.lend.router(addr.Is6())
	err := netlink.AddrAdd(link, &netlink.Addr{IPNet: single(router), Flags: 0x02 /* IFA_F_NODAD */})
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: single(addr), Src: router.AsSlice()})
}

func single(a netip.Addr) *net.IPNet {
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}
}

func (w *wires) change(id string, edit func(*wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wire := w.have[id]
	edit(&wire)
	w.have[id] = wire
}

func (w *wires) Join(_ context.Context, id, sandbox string, _ bool) (Link, error) {
	w.change(id, func(x *wire) { x.Sandbox = sandbox })
	v4, v6 := w.lend.router(false), w.lend.router(true)
	return Link{Interface: peerSide(id), IPv4: v4, IPv6: v6}, nil
}

func (w *wires) Leave(_ context.Context, id string) error {
	w.change(id, func(x *wire) { x.Sandbox = "" })
	return nil
}

func (w *wires) Delete(_ context.Context, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.have, id)
	link, err := netlink.LinkByName(hostSide(id))
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}

func (w *wires) Identify(_ context.Context, id string, c Container) error {
	w.change(id, func(x *wire) { x.Container = c })
	return nil
}

func (w *wires) Attachments() (all []Attachment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.have {
		all = append(all, x.Attachment)
	}
	return all
}

// find returns the endpoint of a container in a network.
func (w *wires) find(container, network string) (wire, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.have {
		if x.Container.Name == container && x.Container.Network == network {
			return x, true
		}
	}
	return wire{}, false
}
