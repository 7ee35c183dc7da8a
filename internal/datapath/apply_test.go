// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

var compareStates = cmpopts.EquateComparable(netip.Addr{})

func TestApplyTwiceChangesNothing(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	first := n.apply(e)
	before := n.state(1)
	if before.Entry == 0 || before.Judge == 0 || before.Info.Generation != first.Generation {
		t.Fatalf("after the first Apply (%+v): %+v", first, before)
	}
	if want := []netip.Addr{e.IPv4, e.IPv6}; !cmp.Equal(want, before.Addresses, compareStates) {
		t.Errorf("addresses in the kernel: %v, want %v", before.Addresses, want)
	}
	second := n.apply(e)
	if diff := cmp.Diff(before, n.state(1), compareStates); diff != "" {
		t.Errorf("the second Apply changed (-before +after):\n%s", diff)
	}
	if first.Generation != second.Generation {
		t.Errorf("generation was %d and is %d", first.Generation, second.Generation)
	}
}

// What is put into the kernel anew, and what stays, for each thing that may change.
func TestApplyChangesNoMoreThanItMust(t *testing.T) {
	n := newNode(t)
	for _, c := range []struct {
		name         string
		change       func(*Endpoint)
		entry, judge bool // are new
	}{
		{"nothing", func(*Endpoint) {}, false, false},
		{"trace", func(e *Endpoint) { e.Trace = true }, false, false},
		{"MTU", func(e *Endpoint) { e.Link.MTU = 1400 }, false, false},
		{"identity", func(e *Endpoint) { e.Identity++ }, false, true},
		{"address", func(e *Endpoint) { e.IPv4 = netip.MustParseAddr("10.1.0.99") }, true, false},
		{"no IPv4", func(e *Endpoint) { e.IPv4 = netip.Addr{} }, true, false},
		{"MAC", func(e *Endpoint) { e.Link.MAC = net.HardwareAddr{2, 0, 0, 0, 0, 99} }, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := n.endpoint(1)
			n.apply(e)
			before := n.state(1)
			c.change(&e)
			n.apply(e)
			after := n.state(1)
			if changed := before.Entry != after.Entry; changed != c.entry {
				t.Errorf("from_endpoint changed: %v, want %v", changed, c.entry)
			}
			if changed := before.Judge != after.Judge; changed != c.judge {
				t.Errorf("judge changed: %v, want %v", changed, c.judge)
			}
			if newer := after.Info.Generation > before.Info.Generation; newer != (c.entry || c.judge) {
				t.Errorf("generation went from %d to %d", before.Info.Generation, after.Info.Generation)
			}
			n.wantInfo(t, e, after)
		})
	}
}

// wantInfo holds what other programs go by against what was wanted.
func (n *node) wantInfo(t *testing.T, e Endpoint, s kernelState) {
	t.Helper()
	index := 0
	n.ns.Must(func() (err error) {
		index, err = e.Link.Index()
		return err
	})
	want := s.Info
	want.Identity, want.Ifindex, want.Mtu, want.Mac = uint32(e.Identity), uint32(index), uint16(e.Link.MTU), mac(e.Link.MAC)
	want.Flags = uint32(flag(e.Trace))
	if diff := cmp.Diff(want, s.Info); diff != "" {
		t.Errorf("endpoint in the kernel (-want +got):\n%s", diff)
	}
	if s.Device != uint32(index) {
		t.Errorf("from_endpoint is at interface %d, want %d", s.Device, index)
	}
	addresses := 0
	for _, addr := range []netip.Addr{e.IPv6, e.IPv4} {
		if addr.IsValid() {
			addresses++
		}
	}
	if len(s.Addresses) != addresses {
		t.Errorf("addresses in the kernel: %v", s.Addresses)
	}
}

func TestRegenerateMakesProgramsAnew(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	before := n.state(1)
	n.Regenerate(1)
	n.Regenerate(2) // what is not there is left alone
	n.apply(e)
	after := n.state(1)
	if after.Entry == before.Entry || after.Judge == before.Judge {
		t.Errorf("before %+v, after %+v", before, after)
	}
	n.apply(e)
	if diff := cmp.Diff(after, n.state(1), compareStates); diff != "" {
		t.Errorf("made anew a second time:\n%s", diff)
	}
}

// interruption numbers rulings, but does something else before the first.
type interruption struct {
	Rulings
	first func()
}

func (i *interruption) Number(r policy.Ruling) (uint32, error) {
	if first := i.first; first != nil {
		i.first = nil
		first()
	}
	return i.Rulings.Number(r)
}

// Tables that come into force while the old ones are made anew stay in force.
func TestRegenerateDoesNotBringOldTablesBack(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	var newer *policy.Tables
	n.Datapath.config.Rulings = &interruption{&n.ledger, func() { newer = n.set(e.Identity, allow(identity.Host), allow()) }}
	n.Regenerate(1)
	n.apply(e)
	if now, _ := n.Tables(e.Identity); newer == nil || now != newer {
		t.Errorf("tables of revision %d are in force", now.Revision)
	}
	if verdict, err := n.Ask(1, true, identity.Host, policy.TCP, 80); err != nil || !verdict.Allowed || verdict.Revision != newer.Revision {
		t.Errorf("%+v, %v", verdict, err)
	}
}
