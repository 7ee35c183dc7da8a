// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/policy"
)

func TestExpires(t *testing.T) {
	const second = uint64(time.Second)
	for _, c := range []struct {
		name      string
		validated uint64
		lifetime  uint16
		now       uint64
		want      time.Duration
	}{
		{"just validated", 100 * second, 60, 100 * second, 60 * time.Second},
		{"half way", 100 * second, 60, 130 * second, 30 * time.Second},
		{"at the end", 100 * second, 60, 160 * second, 0},
		{"dead", 100 * second, 60, 161 * second, -time.Second},
		{"validated after the clock was read", 101 * second, 60, 100 * second, 61 * time.Second},
		{"no lifetime", 100 * second, 0, 100 * second, 0},
		{"as long as can be", 0, math.MaxUint16, second, (math.MaxUint16 - 1) * time.Second},
		{"an entry of zeros", 0, 0, 100 * second, -100 * time.Second},
	} {
		flow := bpf.EndpointFlow{ValidatedNs: c.validated, LifetimeS: c.lifetime}
		if got := time.Duration(expires(flow, c.now)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestHostOrder(t *testing.T) {
	for _, c := range []struct {
		network [2]byte
		want    uint16
	}{{[2]byte{0, 80}, 80}, {[2]byte{1, 187}, 443}, {[2]byte{255, 255}, 65535}, {[2]byte{0, 0}, 0}} {
		if got := hostOrder(networkOrder(c.network)); got != c.want {
			t.Errorf("bytes %v are port %d, want %d", c.network, got, c.want)
		}
	}
}

// networkOrder is what the kernel's memory holds, read as a number of this machine.
func networkOrder(port [2]byte) uint16 { return binary.NativeEndian.Uint16(port[:]) }

// track puts a flow to a port into a table, as if it had been idle for so long.
func (n *node) track(t *testing.T, port byte, overflow bool, change func(*bpf.EndpointFlowKey, *bpf.EndpointFlow)) {
	t.Helper()
	key := bpf.EndpointFlowKey{
		Address:  [2]bpf.EndpointAddress{mapped(netip.MustParseAddr("10.1.0.101")), mapped(netip.MustParseAddr("10.1.0.102"))},
		Port:     [2]uint16{networkOrder([2]byte{0, port}), networkOrder([2]byte{0xc0, port})},
		Protocol: uint32(policy.TCP),
	}
	flow := bpf.EndpointFlow{
		CreatedNs: monotonic(), ValidatedNs: monotonic(), LifetimeS: 60, Client: 1, Revision: 7, Ruling: 8 | rulingAudit,
		Identity: [2]uint32{301, 302}, End: [2]bpf.EndpointFlowEnd{{Endpoint: 1}, {Endpoint: 2}}, State: uint8(bpf.EndpointFlowStateFLOW_HALF_CLOSED),
	}
	change(&key, &flow)
	table := n.maps.Flows
	if overflow {
		table = n.maps.Overflow
	}
	if err := table.Put(key, flow); err != nil {
		t.Fatal(err)
	}
}

func idle(seconds int, lifetime uint16) func(*bpf.EndpointFlowKey, *bpf.EndpointFlow) {
	return func(_ *bpf.EndpointFlowKey, flow *bpf.EndpointFlow) {
		flow.LifetimeS = lifetime
		flow.ValidatedNs -= uint64(seconds) * uint64(time.Second)
	}
}

func (n *node) ports(t *testing.T) (ports []uint16) {
	t.Helper()
	if err := n.Flows(func(f Flow) bool { ports = append(ports, f.Server.Port); return true }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ports)
	return ports
}

func TestFlowsSayWhoTalksToWhom(t *testing.T) {
	n := newNode(t)
	n.track(t, 80, false, idle(0, 60))
	n.track(t, 81, true, func(key *bpf.EndpointFlowKey, flow *bpf.EndpointFlow) {
		key.Address[0], key.Address[1] = mapped(netip.MustParseAddr("fd00::1")), mapped(netip.MustParseAddr("fd00::2"))
		flow.Client, flow.Denied, flow.State = 0, 1, 0
		flow.End[1].Endpoint, flow.End[1].Node = 0, 3
	})
	addr := netip.MustParseAddr
	want := []Flow{
		{
			Protocol: policy.TCP, Client: Party{2, 0, 302, addr("10.1.0.102"), 0xc000 + 80}, Server: Party{1, 0, 301, addr("10.1.0.101"), 80},
			State: bpf.EndpointFlowStateFLOW_HALF_CLOSED, Revision: 7, Ruling: 8,
		},
		{
			Protocol: policy.TCP, Client: Party{1, 0, 301, addr("fd00::1"), 81}, Server: Party{0, 3, 302, addr("fd00::2"), 0xc000 + 81},
			Overflow: true, Denied: true, Revision: 7, Ruling: 8,
		},
	}
	var got []Flow
	err := n.Flows(func(f Flow) bool {
		if f.Age < 0 || f.Expires <= 0 || f.Expires > time.Minute {
			t.Errorf("age %v, expires in %v: want some of a minute", f.Age, f.Expires)
		}
		f.Age, f.Expires = 0, 0
		got = append(got, f)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, compareStates); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	calls := 0
	if err := n.Flows(func(Flow) bool { calls++; return false }); err != nil || calls != 1 {
		t.Errorf("after the first one that returned false, %d calls, %v", calls, err)
	}
}

func (n *node) fill(t *testing.T, name string) MapFill {
	t.Helper()
	all, err := n.Fill()
	if err != nil {
		t.Fatal(err)
	}
	for _, fill := range all {
		if fill.Name == name {
			return fill
		}
	}
	t.Fatalf("nothing is said of map %s: %v", name, all)
	return MapFill{}
}
