// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const wordBits = 64

// Bits is a bit set: bit n is bit n%64 of word n/64. Sets that are combined have the same length.
type Bits []uint64

// newBits returns an empty set for bits 0 <= n < size.
func newBits(size int) Bits {
	return make(Bits, (size+wordBits-1)/wordBits)
}

// allBits returns the set of all 0 <= n < size; bits from size on stay clear.
func allBits(size int) Bits {
	b := newBits(size)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if spare := len(b)*wordBits - size; spare > 0 {
		b[len(b)-1] >>= spare
	}
	return b
}

// Has reports whether bit n is set. A bit beyond the set's length is not.
func (b Bits) Has(n int) bool {
	return n/wordBits < len(b) && b[n/wordBits]&(1<<(n%wordBits)) != 0
}

// Count returns the number of bits set.
func (b Bits) Count() int {
	count := 0
	for _, word := range b {
		count += bits.OnesCount64(word)
	}
	return count
}

// Empty reports whether no bit is set.
func (b Bits) Empty() bool {
	return b.Count() == 0
}

// uncommon returns how many words are not the commonest one.
func (b Bits) uncommon() int {
	counts, most := map[uint64]int{}, 0
	for _, word := range b {
		counts[word]++
		most = max(most, counts[word])
	}
	return len(b) - most
}

// Equal reports whether both sets have the same length and bits.
func (b Bits) Equal(other Bits) bool {
	return slices.Equal(b, other)
}

// all yields the bits that are set, in order.
func (b Bits) all(yield func(int) bool) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			if !yield(i*wordBits + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

func (b Bits) set(n int) {
	b[n/wordBits] |= 1 << (n % wordBits)
}

func (b Bits) clear(n int) {
	b[n/wordBits] &^= 1 << (n % wordBits)
}

func (b Bits) add(other Bits) {
	for i, word := range other {
		b[i] |= word
	}
}

// key returns the set as a map key.
func (b Bits) key() string {
	key := make([]byte, 0, len(b)*wordBits/8)
	for _, word := range b {
		key = binary.LittleEndian.AppendUint64(key, word)
	}
	return string(key)
}
