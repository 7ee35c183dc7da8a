// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"

	"github.com/cilium/ebpf"
)

// batch is how many entries one system call reads.
const batch = 4096

// eachEntry reads a hash, an array or a trie in batches until each returns false. An entry that is there all the time comes; while
// others write, one that comes or goes may be missed, and one may come twice.
func eachEntry[K, V any](m *ebpf.Map, each func(K, V) bool) error {
	keys, values := make([]K, batch), make([]V, batch)
	var cursor ebpf.MapBatchCursor
	for {
		n, err := m.BatchLookup(&cursor, keys, values, nil)
		for i := range n {
			if !each(keys[i], values[i]) {
				return nil
			}
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
