// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/policy"
)

func needBPF(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: loads BPF programs")
	}
}

// loadClassifier loads a program that only calls the classifier, with what its context says.
func loadClassifier(t rapid.TB, ports []policy.PortClass) *ebpf.Program {
	t.Helper()
	code, err := classifier("classify", ports)
	if err != nil {
		t.Fatal(err)
	}
	call := asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, 4, asm.Word).WithSource(asm.Comment("classify(context)")),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.Word),
		asm.Call.Label("classify"),
		asm.Return(),
	}
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Syscall, Flags: sleepable, License: "Dual BSD/GPL", Instructions: append(call, code...),
	})
	if err != nil {
		t.Fatalf("loading a classifier of %d ranges, %d instructions: %v", len(ports), len(code), err)
	}
	return program
}

const (
	sleepable   = 1 << 4 // BPF_F_SLEEPABLE: programs of type syscall have to say it
	mostClasses = 4095   // class 0 not counted
)

func kernelClass(t rapid.TB, program *ebpf.Program, protocol policy.Protocol, port uint16) int {
	t.Helper()
	context := struct{ Protocol, Port uint32 }{uint32(protocol), uint32(port)}
	class, err := program.Run(&ebpf.RunOptions{Context: context})
	if err != nil {
		t.Fatal(err)
	}
	return int(class)
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
