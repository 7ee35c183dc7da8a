// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"math/bits"
	"testing"

	"github.com/cilium/ebpf/asm"
	"pgregory.net/rapid"
)

// Size and depth of trees of any size: jumps rely on the first, packets pay for the second.
func TestTreeBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 3*maxLeft).Draw(t, "segments")
		s := make(segments, count)
		for i := range s {
			s[i] = segment{start: uint32(i), class: uint32(i)}
		}
		var code tree
		code.add(s)
		if len(code) > 3*count-1 {
			t.Fatalf("%d segments: %d instructions", count, len(code))
		}
		for key := range uint32(16) {
			key = key * uint32(count) / 16
			got, compares := walk(code, key)
			if got != int64(key) {
				t.Fatalf("%d segments: key %d is of class %d", count, key, got)
			}
			if most := bits.Len(uint(count)) + count/maxLeft; compares > most {
				t.Fatalf("%d segments: %d compares for key %d, want at most %d", count, compares, key, most)
			}
		}
	})
}

// walk interprets a tree: it returns R0 at the exit, and how many compares it came by.
func walk(code tree, service uint32) (class int64, compares int) {
	for i := 0; ; i++ {
		jump := false
		switch in := code[i]; in.OpCode.JumpOp() {
		case asm.Exit:
			return class, compares
		case asm.JGE:
			compares, jump = compares+1, service >= uint32(in.Constant)
		case asm.JLT:
			compares, jump = compares+1, service < uint32(in.Constant)
		default:
			class = in.Constant
		}
		if jump {
			i += int(code[i].Offset)
		}
	}
}
