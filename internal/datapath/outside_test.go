// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
)

func TestPrefixKey(t *testing.T) {
	for _, c := range []struct {
		prefix string
		length uint32
		addr   string
	}{
		{"0.0.0.0/0", 96, "::ffff:0:0"},
		{"10.1.2.3/8", 104, "::ffff:10.0.0.0"}, // host bits are not part of it
		{"10.1.2.3/32", 128, "::ffff:10.1.2.3"},
		{"::/0", 0, "::"},
		{"2001:db8::1/32", 32, "2001:db8::"},
		{"2001:db8::1/128", 128, "2001:db8::1"},
	} {
		want := bpf.EndpointPrefixKey{Length: c.length, Address: bpf.EndpointAddress{Bytes: netip.MustParseAddr(c.addr).As16()}}
		if got := prefixKey(netip.MustParsePrefix(c.prefix)); got != want {
			t.Errorf("%s: %+v, want %+v", c.prefix, got, want)
		}
		if got, want := prefixOf(want), netip.MustParsePrefix(c.prefix).Masked(); got != want {
			t.Errorf("%+v is %s, want %s", want, got, want)
		}
	}
}

// The kernel's longest match is what looking at every prefix finds.
func TestOutsideIsLongestMatch(t *testing.T) {
	n := newNode(t)
	texts := []string{
		"0.0.0.0/0", "10.0.0.0/8", "10.128.0.0/9", "10.1.0.0/16", "10.1.0.1/32", "192.0.2.0/24", "255.255.255.255/32",
		"::/0", "::/80", "fd00::/8", "fd00:1::/48", "fd00:1::1/128", "2001:db8::/32",
	}
	addrs := []string{"10.1.0.1", "10.1.0.2", "10.2.0.1", "10.200.0.1", "192.0.2.1", "8.8.8.8", "255.255.255.255", "::1", "fd00:1::1", "fd00:1::2", "fd01::1", "2001:db8::1"}
	rapid.Check(t, func(t *rapid.T) {
		wanted := map[netip.Prefix]Outsider{}
		for i, text := range rapid.SliceOfDistinct(rapid.SampledFrom(texts), rapid.ID).Draw(t, "prefixes") {
			wanted[netip.MustParsePrefix(text)] = Outsider{Identity: identity.FirstCIDR + identity.Number(i), Node: uint32(i)}
		}
		if err := n.SyncOutside(wanted); err != nil {
			t.Fatal(err)
		}
		for _, text := range addrs {
			addr, bits, want := netip.MustParseAddr(text), -1, Outsider{Identity: identity.World}
			for prefix, who := range wanted {
				if prefix.Contains(addr) && prefix.Bits() > bits {
					bits, want = prefix.Bits(), who
				}
			}
			if got, err := n.OutsiderAt(addr); err != nil || got != want {
				t.Fatalf("%s is %v's in the kernel (%v), want %v", addr, got, err, want)
			}
		}
	})
}

// From whatever is there to whatever is wanted.
func TestSyncHash(t *testing.T) {
	needBPF(t)
	m := hash(t, 64)
	draw := rapid.MapOf(rapid.Uint32Range(0, 40), rapid.Uint32Range(1, 3))
	rapid.Check(t, func(t *rapid.T) {
		wanted := draw.Draw(t, "wanted")
		if err := syncHash(m, wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, entries(t, m)); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	})
}

// There is no moment in which a map has neither the old nor the new: where both do not fit, the old ones stay, alone.
func TestSyncHashAddsBeforeItRemoves(t *testing.T) {
	needBPF(t)
	m := hash(t, 4)
	before := map[uint32]uint32{1: 1, 2: 1, 3: 1}
	if err := syncHash(m, before); err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []map[uint32]uint32{{4: 1, 5: 1, 6: 1}, {1: 2, 4: 1, 5: 1}, {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}} {
		if err := syncHash(m, wanted); !errors.Is(err, ErrNoRoom) {
			t.Errorf("%v: %v, want %v", wanted, err, ErrNoRoom)
		}
		if diff := cmp.Diff(before, entries(t, m)); diff != "" {
			t.Errorf("%v (-before +after):\n%s", wanted, diff)
		}
	}
}

func hash(t *testing.T, size uint32) *ebpf.Map {
	t.Helper()
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Hash, KeySize: 4, ValueSize: 4, MaxEntries: size})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func entries(t rapid.TB, m *ebpf.Map) map[uint32]uint32 {
	t.Helper()
	all := map[uint32]uint32{}
	if err := eachEntry(m, func(key, value uint32) bool { all[key] = value; return true }); err != nil {
		t.Fatal(err)
	}
	return all
}
