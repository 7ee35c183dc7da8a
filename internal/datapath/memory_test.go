// SPDX-License-Identifier: Apache-2.0

package datapath

import "testing"

// All maps count: those that status lists, and those that it does not.
func TestMemoryOfSharedMaps(t *testing.T) {
	n := newNode(t)
	listed, err := n.Fill()
	if err != nil {
		t.Fatal(err)
	}
	var some uint64
	for _, m := range listed {
		some += m.Bytes
	}
	others := memory(n.maps.Budgets) + memory(n.maps.Endpoints)
	if all := n.SharedMemory(); all < some+others || others == 0 {
		t.Errorf("all maps take %d bytes, those listed %d and two others %d", all, some, others)
	}
}

func TestCountersForMemory(t *testing.T) {
	for bytes, want := range map[uint64]uint32{0: 64 << 10, 1 << 30: 64 << 10, 8 << 30: 128 << 10, 64 << 30: 1 << 20} {
		if got := countersForMemory(bytes); got != want {
			t.Errorf("%d bytes: %d counters, want %d", bytes, got, want)
		}
	}
}
