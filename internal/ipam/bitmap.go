// SPDX-License-Identifier: Apache-2.0

package ipam

import (
	"math/bits"
	"sync/atomic"
)

// word is 64 numbers. A number is
//
//	used        somebody has it
//	tired       given back since the cursor last passed it: passed over once more, then free
//	neither     free
type word struct {
	used, tired atomic.Uint64
}

// bitmap hands out the numbers 0 <= n < size, lock-free: a goroutine tries again only because
// another one got something done. The cursor goes round (next fit), and a number that was given
// back gets a second chance to rest, as a page does in the CLOCK algorithm: without it, one freed
// just ahead of the cursor would be handed out at once.
type bitmap struct {
	size     int
	words    []word
	cursor   atomic.Int64  // where the next search starts
	releases atomic.Uint64 // completed ones
}

func newBitmap(size int) *bitmap {
	b := &bitmap{size: size, words: make([]word, (size+63)/64)}
	if rest := size % 64; rest > 0 { // the numbers past the end are somebody's for good
		b.words[len(b.words)-1].used.Store(^uint64(0) << rest)
	}
	return b
}

// allocate takes a free number. Not ok: every number was seen used, and none was given back meanwhile.
func (b *bitmap) allocate() (number int, ok bool) {
	for {
		releases := b.releases.Load()
		if number, ok := b.search(); ok {
			return number, true
		}
		if b.releases.Load() == releases {
			return 0, false
		}
	}
}

// search goes round twice, because all that is free may be tired, and once more through the word in
// which it began.
func (b *bitmap) search() (number int, ok bool) {
	start := b.cursor.Load()
	from := uint(start % 64)
	for i := range 2*len(b.words) + 1 {
		at := (int(start/64) + i) % len(b.words)
		if bit, ok := b.words[at].allocate(from); ok {
			number := at*64 + bit
			// Whoever moved the cursor meanwhile knows better.
			b.cursor.CompareAndSwap(start, int64((number+1)%b.size))
			return number, true
		}
		from = 0
	}
	return 0, false
}

// allocate takes the first free bit not below from, and ends the rest of those it passes.
func (w *word) allocate(from uint) (bit int, ok bool) {
	scope := ^uint64(0) << from
	for {
		used := w.used.Load() // before tired: see release
		resting := w.tired.Load() &^ used & scope
		free := scope &^ used &^ resting
		lowest := free & -free // 0 if none is free; the word less one is then all ones
		if free != 0 && !w.used.CompareAndSwap(used, used|lowest) {
			continue
		}
		if passed := resting & (lowest - 1); passed != 0 {
			w.tired.And(^passed)
		}
		return bits.TrailingZeros64(lowest), free != 0
	}
}

// take takes this number, free or tired. False: somebody has it.
func (b *bitmap) take(number int) bool {
	mask := uint64(1) << (number % 64)
	return b.words[number/64].used.Or(mask)&mask == 0
}

// release gives a number back. False: nobody had it.
func (b *bitmap) release(number int) bool {
	w, mask := &b.words[number/64], uint64(1)<<(number%64)
	if w.used.Load()&mask == 0 {
		return false
	}
	w.tired.Or(mask) // before used: whoever sees it unused must see it tired
	if w.used.And(^mask)&mask == 0 {
		return false
	}
	b.releases.Add(1)
	return true
}

// inUse counts the bits that are set.
func (b *bitmap) inUse() int {
	count := 0
	for i := range b.words {
		count += bits.OnesCount64(b.words[i].used.Load())
	}
	return count - (len(b.words)*64 - b.size)
}
