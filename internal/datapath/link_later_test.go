// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/testbed"
)

// wantAt holds where from_endpoint of endpoint 1 is against what is wanted.
func (n *node) wantAt(t *testing.T, link, filter bool) {
	t.Helper()
	linked, _ := n.linked(linkName(1))
	filtered, _ := n.filtered(n.spec(1).Link.Host)
	if (linked != 0) != link || (filtered != 0) != filter {
		t.Errorf("at a link: %t, as a filter: %t; want %t, %t", linked != 0, filtered != 0, link, filter)
	}
}

// wantAnswer pings the gateway. Nobody but the program answers: the host's side of a cable has no addresses.
func (n *node) wantAnswer(t *testing.T, container *testbed.Namespace) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if answer, err := container.Ping(ctx, testbed.Ping{To: n.config.Router.IPv6}); err != nil || !answer.Reply() {
		t.Errorf("the gateway's answer: %+v, %v", answer, err)
	}
}

// The program that a packet meets is the same one before, while and after the link takes over from the filter.
func TestRunLinksTakesOverFromFilters(t *testing.T) {
	n := newNode(t)
	container := testbed.NewNamespace(t, "container")
	n.connected(1, container)
	n.wantAt(t, false, true)
	n.wantAnswer(t, container)
	program := n.state(1).Entry

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.ns.Do(func() error { return n.RunLinks(ctx) }) }()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		n.wantAnswer(t, container)
		if _, any := n.unlinked.due(); !any {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	n.wantAt(t, true, false)
	n.wantAnswer(t, container)
	if now := n.state(1).Entry; now != program {
		t.Errorf("the link's program is %d, the filter's was %d", now, program)
	}
}

// What an agent leaves that ends before the link is there, or before the filter has gone, the next one brings to its end.
func TestEndpointsOfAnAgentThatEndedBetweenFilterAndLink(t *testing.T) {
	for _, c := range []struct {
		name   string
		linked bool // at once, by the next one
		left   func(n *node, device int) error
	}{
		{"no link yet", false, func(*node, int) error { return nil }},
		{"both", true, func(n *node, device int) error {
			return n.makeLink(linkName(1), device, n.unlinked.waiting[1].program)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t)
			container := testbed.NewNamespace(t, "container")
			e, _ := n.connected(1, container)
			n.ns.Must(func() error { return c.left(n, n.unlinked.waiting[1].device) })
			n.reopen()
			n.wantAnswer(t, container)
			old := n.state(1).Entry
			n.apply(e)
			n.wantAt(t, c.linked, !c.linked)
			if n.state(1).Entry == old {
				t.Error("the program is the earlier agent's")
			}
			n.wantAnswer(t, container)
			n.linkAll()
			n.wantAt(t, true, false)
			n.wantAnswer(t, container)
		})
	}
}

// A program that is made anew before its link is there takes the filter's place.
func TestRegenerateBeforeTheLinkIsThere(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	before, files := n.state(1).Entry, n.openFiles()
	n.Regenerate(1)
	n.apply(e)
	n.wantAt(t, false, true)
	if n.state(1).Entry == before {
		t.Error("the program is the old one")
	}
	if now := n.openFiles(); now != files {
		t.Errorf("%d files were open, one of them the program that waits for its link, now %d", files, now)
	}
	n.linkAll()
	n.wantAt(t, true, false)
}

// A CNI plugin that limits bandwidth puts a qdisc of its own there. It stays, and the endpoint has a link at once.
func TestAnotherQdiscIsLeftAlone(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	host, program := n.ns.Link(e.Link.Host), passing(t)
	n.ns.Must(func() error {
		return errors.Join(netlink.QdiscAdd(ingressQdisc(host.Attrs().Index)), netlink.FilterAdd(theirFilter(host, program)))
	})
	for range 2 {
		n.apply(e)
		n.wantAt(t, true, false)
		n.wantTheirFilter(t, host)
		n.Regenerate(1)
	}
}

// What somebody else has put into our qdisc meanwhile stays when our filter goes, and the qdisc with it.
func TestAnotherFilterOutlivesOurs(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	n.wantAt(t, false, true)
	host, program := n.ns.Link(e.Link.Host), passing(t)
	n.ns.Must(func() error { return netlink.FilterAdd(theirFilter(host, program)) })
	n.linkAll()
	n.wantAt(t, true, false)
	n.wantTheirFilter(t, host)
}

// passing is a filter's program that lets all pass.
func passing(t *testing.T) *ebpf.Program {
	t.Helper()
	code := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SchedCLS, Instructions: code})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program
}

// theirFilter is one of somebody else at a device.
func theirFilter(device netlink.Link, program *ebpf.Program) *netlink.BpfFilter {
	filter := ourFilter(device.Attrs().Index)
	filter.Handle, filter.Name, filter.Fd = 1, "theirs", program.FD()
	return filter
}

// wantTheirFilter holds that there is that one, and no other.
func (n *node) wantTheirFilter(t *testing.T, device netlink.Link) {
	t.Helper()
	n.ns.Must(func() error {
		filters, err := netlink.FilterList(device, ourFilter(0).Parent)
		if err == nil && (len(filters) != 1 || filters[0].Attrs().Handle != 1) {
			t.Errorf("filters %v, want theirs", filters)
		}
		return err
	})
}
