// SPDX-License-Identifier: Apache-2.0

package ipam

import (
	"testing"

	"pgregory.net/rapid"
)

// naive is the bitmap as one would explain it: a row of numbers and a finger that goes round.
type naive struct {
	used, tired []bool
	finger      int
}

func (n *naive) allocate() (int, bool) {
	for range 2 * len(n.used) {
		at := n.finger
		n.finger = (n.finger + 1) % len(n.used)
		switch {
		case n.used[at]:
		case n.tired[at]:
			n.tired[at] = false
		default:
			n.used[at] = true
			return at, true
		}
	}
	return 0, false
}

func (n *naive) take(at int) bool {
	was := n.used[at]
	n.used[at] = true
	return !was
}

func (n *naive) release(at int) bool {
	was := n.used[at]
	if was {
		n.used[at], n.tired[at] = false, true
	}
	return was
}

// TestBitmapAgreesWithNaive runs random calls on both, from full and from empty.
func TestBitmapAgreesWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 200).Draw(t, "size")
		fast, slow := newBitmap(size), &naive{used: make([]bool, size), tired: make([]bool, size)}
		number := rapid.IntRange(0, size-1)
		for range rapid.IntRange(0, size).Draw(t, "taken at first") {
			fast.allocate()
			slow.allocate()
		}
		t.Repeat(map[string]func(*rapid.T){
			"allocate": func(t *rapid.T) {
				got, ok := fast.allocate()
				want, wantOK := slow.allocate()
				if ok != wantOK || ok && got != want {
					t.Fatalf("allocate: %d %v, want %d %v", got, ok, want, wantOK)
				}
			},
			"take": func(t *rapid.T) {
				n := number.Draw(t, "number")
				if got, want := fast.take(n), slow.take(n); got != want {
					t.Fatalf("take(%d): %v, want %v", n, got, want)
				}
			},
			"release": func(t *rapid.T) {
				n := number.Draw(t, "number")
				if got, want := fast.release(n), slow.release(n); got != want {
					t.Fatalf("release(%d): %v, want %v", n, got, want)
				}
			},
			"": func(t *rapid.T) {
				count := 0
				for _, used := range slow.used {
					if used {
						count++
					}
				}
				if got := fast.inUse(); got != count {
					t.Fatalf("%d in use, want %d", got, count)
				}
			},
		})
	})
}

// TestReusedLate: in any state in which k numbers are free and rested, the next k calls do not
// return one that is given back now.
func TestReusedLate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 200).Draw(t, "size")
		b, number := newBitmap(size), rapid.IntRange(0, size-1)
		for range rapid.IntRange(0, 3*size).Draw(t, "calls before") {
			if rapid.Bool().Draw(t, "allocate") {
				b.allocate()
			} else {
				b.release(number.Draw(t, "number"))
			}
		}
		freed := number.Draw(t, "freed")
		b.take(freed)
		rested := 0
		for n := range size {
			if mask := uint64(1) << (n % 64); (b.words[n/64].used.Load()|b.words[n/64].tired.Load())&mask == 0 {
				rested++
			}
		}
		b.release(freed)
		for range rested {
			if got, ok := b.allocate(); !ok || got == freed {
				t.Fatalf("%d came back (ok %v) with %d rested ones free", got, ok, rested)
			}
		}
	})
}
