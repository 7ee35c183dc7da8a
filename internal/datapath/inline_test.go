// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"pgregory.net/rapid"
)

func TestInlinedFunctionsAreGone(t *testing.T) {
	spec := template(t).Programs["judge"]
	before, program := functions(spec.Instructions), *spec
	if err := inlineConstant(&program, "table_revision", 7); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(functions(program.Instructions), "table_revision") || !slices.Equal(functions(spec.Instructions), before) {
		t.Errorf("functions are %v, in the template %v", functions(program.Instructions), functions(spec.Instructions))
	}
	if err := inlineConstant(&program, "table_revision", 7); !errors.Is(err, errNoFunction) {
		t.Errorf("%v, want %v", err, errNoFunction)
	}
}

// A program that jumps over calls, forwards and backwards, returns the same whatever stands in their place.
func TestJumpsOverWhatIsInlined(t *testing.T) {
	needBPF(t)
	code := asm.Instructions{
		asm.Mov.Imm(asm.R6, 0).WithSymbol("main"),
		jump(asm.Ja, 2), // over the call
		asm.Call.Label("seven"),
		asm.Return(),
		asm.LoadImm(asm.R7, 1<<40, asm.DWord), // of two
		asm.Add.Imm(asm.R6, 1),
		asm.Call.Label("seven"),
		asm.Add.Reg(asm.R6, asm.R0),
		jump(asm.JLT, -4), // while R6 < 20
		jump(asm.Ja, -9),  // to the first call
		asm.Mov.Imm(asm.R0, 7).WithSymbol("seven"),
		asm.Return(),
	}
	code[8].Dst, code[8].Constant = asm.R6, 20
	rapid.Check(t, func(t *rapid.T) {
		body := make(asm.Instructions, rapid.IntRange(1, 200).Draw(t, "length"))
		for i := range body {
			body[i] = asm.Mov.Imm(asm.R0, 7)
		}
		spec := &ebpf.ProgramSpec{Type: ebpf.Syscall, Flags: sleepable, License: "Dual BSD/GPL", Instructions: slices.Clone(code)}
		if err := inline(spec, "seven", body); err != nil {
			t.Fatal(err)
		}
		program, err := ebpf.NewProgram(spec)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		defer program.Close()
		got, err := program.Run(&ebpf.RunOptions{})
		if err != nil || got != 7 {
			t.Errorf("%d, %v", got, err)
		}
	})
}

func jump(op asm.JumpOp, offset int16) asm.Instruction {
	return asm.Instruction{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(op).SetSource(asm.ImmSource), Offset: offset}
}
