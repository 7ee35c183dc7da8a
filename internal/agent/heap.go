// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapInterval is how often the heap is looked at.
const heapInterval = 2 * time.Second

const (
	quietBytes = 8 << 20 // allocated in one interval: less is quiet, though somebody may ask for statistics
	worthBytes = 4 << 20 // allocated since the last time: less is not worth a collection, which takes some 10 ms of CPU
)

// returnHeap gives the kernel back what a burst of work has left on the heap, once it is over, until ctx is done. The runtime by
// itself collects again when twice as much is allocated as was in use in the middle of the burst, which for an agent at rest is minutes
// away, and keeps what it then frees for a while. A smaller GOGC would cost CPU time just when there is much to do.
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
