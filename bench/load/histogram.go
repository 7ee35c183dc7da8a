// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math/bits"
	"sync"
	"time"
)

// steps is how many buckets an octave has: what is read from a histogram is at most 1/64 too low or too high.
const steps = 32

// histogram counts durations in buckets whose width grows with them.
type histogram struct {
	mu     sync.Mutex
	counts [64 * steps]uint64
	total  uint64
}

// tally is a thread's own histogram, added to the trial's when the thread is through.
type tally struct {
	counts [64 * steps]uint64
}

func (t *tally) add(d time.Duration) { t.counts[bucket(uint64(d))]++ }

func (h *histogram) merge(t *tally) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, n := range t.counts {
		h.counts[i] += n
		h.total += n
	}
}

// bucket is exact below 2*steps; above, the highest bit and the five after it choose.
func bucket(v uint64) int {
	octave := bits.Len64(v) - bits.Len64(steps)
	if octave <= 0 {
		return int(v)
	}
	return octave*steps + int(v>>octave)
}

// middle is the middle of the values that fall into a bucket.
func middle(bucket int) float64 {
	if bucket < 2*steps {
		return float64(bucket)
	}
	octave := bucket/steps - 1
	low := uint64(bucket-octave*steps) << octave
	return float64(low) + float64(uint64(1)<<octave)/2
}

// quantile is in microseconds; 0 if nothing was timed.
func (h *histogram) quantile(q float64) float64 {
	rank := uint64(q * float64(h.total))
	for i, n := range h.counts {
		if n > rank {
			return middle(i) / float64(time.Microsecond)
		}
		rank -= n
	}
	return 0
}
