// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// How many entries one system call reads: the first of a map, and all others. Most maps hold few, and are looked at often.
const (
	firstBatch = 128
	batch      = 4096
)

// eachEntry reads a hash, an array or a trie in batches until each returns false. An entry that is there all the time comes; while
// others write, one that comes or goes may be missed, and one may come twice.
func eachEntry[K, V any](m *ebpf.Map, each func(K, V) bool) error {
	keys, values := make([]K, firstBatch), make([]V, firstBatch)
	var cursor ebpf.MapBatchCursor
	for {
		n, err := m.BatchLookup(&cursor, keys, values, nil)
		for i := range n {
			if !each(keys[i], values[i]) {
				return nil
			}
		}
		switch {
		case errors.Is(err, ebpf.ErrKeyNotExist):
			return nil
		case len(keys) < batch && (err == nil || errors.Is(err, unix.ENOSPC)): // no room for one of a hash's buckets: none of it was read
			keys, values = make([]K, batch), make([]V, batch)
		case err != nil:
			return err
		}
	}
}
