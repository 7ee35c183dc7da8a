// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// inline puts instructions in the place of a function's calls and takes the function out, in a new slice of instructions. They take
// the arguments in R1 to R5, leave the result in R0, and have no jump out of them. A function of its own would cost the kernel's
// verifier and compiler more than its body.
func inline(prog *ebpf.ProgramSpec, symbol string, body asm.Instructions) error {
	start, end, err := functionBounds(prog.Instructions, symbol)
	if err != nil {
		return fmt.Errorf("inlining %s of program %s: %w", symbol, prog.Name, err)
	}
	code := slices.Concat(prog.Instructions[:start], prog.Instructions[end:])
	for {
		call := slices.IndexFunc(code, func(i asm.Instruction) bool { return i.IsFunctionReference() && i.Reference() == symbol })
		if call < 0 {
			prog.Instructions = code
			return nil
		}
		stretch(code, call, len(body)-1)
		code = slices.Concat(code[:call], body, code[call+1:])
	}
}

// inlineConstant is inline for a function that returns a number.
func inlineConstant(prog *ebpf.ProgramSpec, symbol string, value uint32) error {
	return inline(prog, symbol, asm.Instructions{asm.Mov.Imm32(asm.R0, int32(value))})
}

// stretch makes the jumps over an instruction so much longer. Offsets count instructions of 8 bytes, of which some take two.
func stretch(code asm.Instructions, over, by int) {
	at, here := make([]int, len(code)), 0
	for i, instruction := range code {
		at[i] = here
		here += int(instruction.Width())
	}
	for i, instruction := range code {
		if !jumps(instruction) {
			continue
		}
		switch target := at[i] + 1 + int(instruction.Offset); {
		case i < over && target > at[over]:
			code[i].Offset += int16(by)
		case i > over && target <= at[over]:
			code[i].Offset -= int16(by)
		}
	}
}

// jumps reports whether an instruction may go on at its offset.
func jumps(i asm.Instruction) bool {
	op := i.OpCode.JumpOp()
	return i.OpCode.Class().IsJump() && op != asm.Call && op != asm.Exit
}
