// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"pgregory.net/rapid"
)

func needBPF(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: loads BPF programs")
	}
}

// loadClassifier loads a program that only calls the tree, with what its context says.
func loadClassifier(t rapid.TB, all ports) *ebpf.Program {
	t.Helper()
	return loadClassifying(t, append(asm.Instructions{
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Word).WithSource(asm.Comment("classify(context)")),
		asm.Call.Label("classify"),
		asm.Return(),
	}, all.segments(t).classifier("classify")...))
}

// loadSum loads a program that is only the sum.
func loadSum(t rapid.TB, all ports) *ebpf.Program {
	t.Helper()
	code := append(asm.Instructions{asm.LoadMem(asm.R1, asm.R1, 0, asm.Word)}, all.segments(t).sum()...)
	return loadClassifying(t, append(code, asm.Return()))
}

func (all ports) segments(t rapid.TB) segments {
	t.Helper()
	s, err := segmentsOf(all[ingress], all[egress])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func loadClassifying(t rapid.TB, code asm.Instructions) *ebpf.Program {
	t.Helper()
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.Syscall, Flags: sleepable, License: "Dual BSD/GPL", Instructions: code})
	if err != nil {
		t.Fatalf("loading a classifier of %d instructions: %v", len(code), err)
	}
	return program
}

const (
	sleepable   = 1 << 4 // BPF_F_SLEEPABLE: programs of type syscall have to say it
	mostClasses = 4095   // class 0 not counted
)

func kernelClass(t rapid.TB, program *ebpf.Program, service uint32) uint32 {
	t.Helper()
	class, err := program.Run(&ebpf.RunOptions{Context: struct{ Service uint32 }{service}})
	if err != nil {
		t.Fatal(err)
	}
	return class
}

// cost says what the kernel made of a program, for the log.
func cost(t *testing.T, program *ebpf.Program) string {
	t.Helper()
	info, err := program.Info()
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := info.TranslatedSize()
	if err != nil {
		t.Fatal(err)
	}
	machine, err := info.JitedSize()
	if err != nil {
		t.Fatal(err)
	}
	walked, _ := info.VerifiedInstructions()
	return fmt.Sprintf("%d instructions, verifier walked %d, %d bytes of machine code", bytes/asm.InstructionSize, walked, machine)
}
