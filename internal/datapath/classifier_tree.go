// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"math"

	"github.com/cilium/ebpf/asm"
)

// maxLeft is the most segments that a jump may skip: an offset has 16 bits, and n segments take at most 3n - 1
// instructions.
const maxLeft = math.MaxInt16 / 3

// tree is instructions that compare the service in R1, of which they read 32 bits, and exit with its class in R0.
type tree asm.Instructions

// add appends the instructions for services that are in s. The tree is balanced as long as a jump can
// skip half of it; a larger one is a chain of such trees.
func (t *tree) add(s segments) {
	switch len(s) {
	case 1:
		t.append(classOf(s[0]), asm.Return())
		return
	case 2:
		t.append(classOf(s[0]))
		t.jumpIf(asm.JLT, s[1].start, func() { t.append(classOf(s[1])) })
		t.append(asm.Return())
		return
	}
	middle := min(len(s)/2, maxLeft)
	t.jumpIf(asm.JGE, s[middle].start, func() { t.add(s[:middle]) })
	t.add(s[middle:])
}

// jumpIf appends a jump over what over appends.
func (t *tree) jumpIf(op asm.JumpOp, service uint32, over func()) {
	jump := len(*t)
	t.append(asm.Instruction{
		OpCode:   asm.OpCode(asm.Jump32Class).SetJumpOp(op).SetSource(asm.ImmSource),
		Dst:      asm.R1,
		Constant: int64(service),
	})
	over()
	(*t)[jump].Offset = int16(len(*t) - jump - 1)
}

func (t *tree) append(code ...asm.Instruction) {
	*t = append(*t, code...)
}

func classOf(s segment) asm.Instruction {
	return asm.Mov.Imm32(asm.R0, int32(s.class))
}
