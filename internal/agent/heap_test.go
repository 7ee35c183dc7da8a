// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// What a burst leaves behind goes back to the kernel without anybody asking for it.
func TestHeapIsReturnedAfterABurst(t *testing.T) {
	const burst = 64 << 20
	garbage := make([]byte, burst)
	for i := range garbage {
		garbage[i] = 1 // all of it is resident
	}
	before := residentHeap()
	runtime.KeepAlive(garbage)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- returnHeap(ctx, time.Millisecond) }()
	for end := time.Now().Add(20 * time.Second); before-residentHeap() < burst*9/10; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d bytes of heap are resident, and were %d with the burst", residentHeap(), before)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// residentHeap is the heap without what was given back.
func residentHeap() (sum int64) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	for _, s := range samples {
		sum += int64(s.Value.Uint64())
	}
	return sum
}
