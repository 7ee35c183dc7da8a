// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
)

// Whatever comes and goes, and whoever is told by which call: the kernel knows the label sets that there are, and no others.
func TestKnownIdentities(t *testing.T) {
	n := newNode(t)
	number := rapid.OneOf(rapid.Uint32Range(250, 330), rapid.Uint32Range(1<<20-70, 1<<20-1), rapid.SampledFrom([]uint32{1 << 20, 1 << 24, 0, 1, 5}))
	known := map[identity.Number]struct{}{}
	rapid.Check(t, func(t *rapid.T) {
		changes := map[identity.Number]bool{}
		for i, come := range rapid.MapOfN(number, rapid.Bool(), 0, 20).Draw(t, "changes") {
			changes[identity.Number(i)] = come
			if delete(known, identity.Number(i)); come {
				known[identity.Number(i)] = struct{}{}
			}
		}
		var err error
		switch rapid.IntRange(0, 9).Draw(t, "call") {
		case 0:
			n.reopen()
			fallthrough
		case 1, 2, 3:
			err = n.SyncKnown(known)
		default:
			err = n.SetKnown(changes)
		}
		if err != nil {
			t.Fatal(err)
		}
		for id := identity.FirstLabelSet; id <= identity.LastLabelSet; id++ {
			if id == 400 {
				id = identity.LastLabelSet - 100
			}
			got, err := n.known.has(id)
			if _, want := known[id]; err != nil || got != want {
				t.Fatalf("identity %s is known: %v, %v; want %v", id, got, err, want)
			}
		}
	})
	for id, want := range map[identity.Number]bool{0: false, identity.Host: true, identity.World: true, identity.FirstCIDR: true} {
		if got, err := n.known.has(id); err != nil || got != want {
			t.Errorf("identity %s is known: %v, %v; want %v", id, got, err, want)
		}
	}
}
