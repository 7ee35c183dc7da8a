// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// kernelState is what the kernel itself says about an endpoint.
type kernelState struct {
	Info      bpf.EndpointEndpointInfo
	Addresses []netip.Addr
	Entry     ebpf.ProgramID // 0: not attached
	Device    uint32         // that Entry is attached to
	Judge     ebpf.ProgramID
}

func (n *node) state(id endpoint.ID) (s kernelState) {
	n.Helper()
	if err := n.maps.Endpoints.Lookup(uint32(id), &s.Info); err != nil {
		n.Fatal(err)
	}
	var address bpf.EndpointAddress
	var owner uint32
	all := n.maps.Addresses.Iterate()
	for all.Next(&address, &owner) {
		if owner == uint32(id) {
			s.Addresses = append(s.Addresses, netip.AddrFrom16(address.Bytes).Unmap())
		}
	}
	if err := all.Err(); err != nil {
		n.Fatal(err)
	}
	slices.SortFunc(s.Addresses, netip.Addr.Compare)
	if id == 0 {
		s.Entry, s.Device = n.linked(routerLink)
	} else if s.Entry, s.Device = n.linked(linkName(id)); s.Entry == 0 {
		s.Entry, s.Device = n.filtered(n.spec(id).Link.Host)
	}
	s.Judge = n.judge(uint32(id))
	return s
}

// linked is the program of a pinned link, and the device that it is attached to.
func (n *node) linked(name string) (ebpf.ProgramID, uint32) {
	n.Helper()
	pinned, err := link.LoadPinnedLink(filepath.Join(linksDir(n.config.Dir), name), nil)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0
	}
	if err != nil {
		n.Fatal(err)
	}
	defer pinned.Close()
	info, err := pinned.Info()
	if err != nil {
		n.Fatal(err)
	}
	return info.Program, info.TCX().Ifindex
}

// filtered is the program that is a filter at a device, and the device's index.
func (n *node) filtered(device string) (program ebpf.ProgramID, index uint32) {
	n.Helper()
	n.ns.Must(func() error {
		host, err := findLink(device)
		if err != nil || host == nil {
			return err
		}
		filters, err := netlink.FilterList(host, ourFilter(0).Parent)
		for _, f := range filters {
			if f, is := f.(*netlink.BpfFilter); is && f.Handle == filterHandle {
				program, index = ebpf.ProgramID(f.Id), uint32(f.LinkIndex)
			}
		}
		return err
	})
	return program, index
}

func (n *node) judge(index uint32) (id ebpf.ProgramID) {
	n.Helper()
	if err := n.maps.Judges.Lookup(index, &id); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		n.Fatal(err)
	}
	return id
}

// openFiles counts this process' file descriptors.
func (n *node) openFiles() int {
	n.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		n.Fatal(err)
	}
	return len(all)
}
