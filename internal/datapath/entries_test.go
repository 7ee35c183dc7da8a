// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
)

// Every entry comes, and once, however many fit into a batch.
func TestEachEntry(t *testing.T) {
	needBPF(t)
	for _, n := range []int{0, 1, firstBatch - 1, firstBatch, firstBatch + 1, batch, firstBatch + batch, 3 * batch} {
		array, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: uint32(max(n, 1))})
		if err != nil {
			t.Fatal(err)
		}
		defer array.Close()
		sparse := hash(t, uint32(max(n, 1)))
		for i := range uint32(n) {
			for _, m := range []*ebpf.Map{array, sparse} {
				if err := m.Put(i, i+1); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, m := range map[string]*ebpf.Map{"array": array, "hash": sparse} {
			if m == array && n == 0 {
				continue // an array has no fewer than one
			}
			t.Run(fmt.Sprintf("%s of %d", name, n), func(t *testing.T) { checkEntries(t, m, n) })
		}
	}
}

// checkEntries wants the keys below n, each with the value of one more.
func checkEntries(t *testing.T, m *ebpf.Map, n int) {
	t.Helper()
	seen := make([]bool, n)
	err := eachEntry(m, func(key, value uint32) bool {
		if int(key) >= n || value != key+1 || seen[key] {
			t.Fatalf("entry %d is %d, and seen: %v", key, value, int(key) < n && seen[key])
		}
		seen[key] = true
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, was := range seen {
		if !was {
			t.Fatalf("entry %d did not come", key)
		}
	}
	calls := 0
	if err := eachEntry(m, func(uint32, uint32) bool { calls++; return false }); err != nil || calls != min(n, 1) {
		t.Errorf("%d calls after the first said enough, %v", calls, err)
	}
}
