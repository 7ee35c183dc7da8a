// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapInterval is how often the heap is looked at.
const heapInterval = 10 * time.Second

const (
	quietBytes = 1 << 20 // allocated in one interval: less is quiet
	worthBytes = 4 << 20 // allocated since the last time: less is not worth a collection
)

// returnHeap gives the kernel back what a burst of work has left on the heap, once it is over, until ctx is done. The runtime by
// itself lets the heap stand at twice of what is in use until the next collection, which for an agent at rest is minutes away, and keeps
// what it then frees for a while. A smaller GOGC would save the same, and cost CPU time just when there is much to do.
func returnHeap(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var before, returned uint64
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := allocatedBytes()
		if now-before < quietBytes && now-returned >= worthBytes {
			debug.FreeOSMemory()
			returned = now
		}
		before = now
	}
}

// allocatedBytes is all that was ever allocated on the heap.
func allocatedBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
