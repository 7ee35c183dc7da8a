// SPDX-License-Identifier: Apache-2.0

package datapath

import "github.com/cilium/ebpf/asm"

// fewSegments is how many are classified by a sum. One more costs five instructions on each way; a tree costs less than three, and is a
// function of its own, for which the kernel wants types: 20 to 30 us more for each load.
const fewSegments = 16

// sum is instructions without a branch that put the class of the service in R1 into R0, and use R2. They begin with the last segment's
// class; for each segment that the service lies before, they add what the one before differs by.
func (s segments) sum() asm.Instructions {
	last := len(s) - 1
	code := asm.Instructions{
		asm.Mov.Reg32(asm.R1, asm.R1), // all 64 bits are the service
		asm.Mov.Imm32(asm.R0, int32(s[last].class)),
	}
	for i := last; i > 0; i-- {
		code = append(code,
			asm.Mov.Reg(asm.R2, asm.R1),
			asm.Sub.Imm(asm.R2, int32(s[i].start)),
			asm.RSh.Imm(asm.R2, 63), // 1 if it lies before, else 0. Of -1, by ArSh, the verifier goes both ways (Linux 6.18)
			asm.Mul.Imm(asm.R2, int32(s[i-1].class)-int32(s[i].class)),
			asm.Add.Reg(asm.R0, asm.R2))
	}
	return code
}
