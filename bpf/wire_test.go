// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// wire is a veth whose one end has an endpoint's program: for what the kernel does not take for a test run.
type wire struct {
	*endpoint
	port *testbed.Port
}

func (e *endpoint) wire(t *testing.T) wire {
	t.Helper()
	ns := testbed.NewNamespace(t, "wire")
	ns.Must(func() error {
		veth := netlink.NewVeth(netlink.LinkAttrs{Name: "container"})
		veth.PeerName = "host"
		if err := netlink.LinkAdd(veth); err != nil {
			return err
		}
		for _, name := range []string{"container", "host"} {
			if err := netlink.LinkSetUp(ns.Link(name)); err != nil {
				return err
			}
		}
		attached, err := link.AttachTCX(link.TCXOptions{
			Interface: ns.Link("host").Attrs().Index, Program: e.program, Attach: ebpf.AttachTCXIngress})
		if err == nil {
			t.Cleanup(func() { attached.Close() })
		}
		return err
	})
	return wire{e, ns.Port("container")}
}

// want waits for a frame's verdict. (The kernel says things of its own on a new link; those have another source MAC.)
func (w wire) want(t *testing.T, frame []byte, verdict bpf.EndpointVerdict) {
	t.Helper()
	packets := func() uint64 {
		now := w.count()
		return now.verdicts[verdict].Packets
	}
	before := packets()
	w.port.Send(frame)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		switch packets() - before {
		case 1:
			return
		case 0:
			continue
		}
		break
	}
	t.Fatalf("%d packets counted as %v, want 1: %x", packets()-before, verdict, frame)
}

func TestTruncatedOnTheWire(t *testing.T) {
	testbed.NeedRoot(t)
	n := newNode(t)
	client := n.endpoint(1)
	w := client.wire(t)
	for _, ip := range []family{ipv4, ipv6} {
		frame := client.to(gateway, ip, testbed.TCP(1000, 80, "S"))
		for length := 15; length < 14+ipHeader[ip]+20; length++ {
			w.want(t, frame[:length], truncated)
		}
	}
}

// The kernel takes a tag off before programs see the frame, and puts it beside.
func TestTagOnTheWire(t *testing.T) {
	testbed.NeedRoot(t)
	n := newNode(t)
	client := n.endpoint(1)
	w := client.wire(t)
	for _, ip := range []family{ipv4, ipv6} {
		w.want(t, tagged(client.to(gateway, ip, testbed.UDP(1000, 53), testbed.Data(4))), unknownEthertype)
	}
}
