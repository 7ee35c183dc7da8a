// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/bench/contestant"
)

// Size is what the kernel says of one program.
type Size struct {
	Name         string
	Instructions int // as loaded: without dead branches, with what the verifier put in
	JITBytes     int
	Verified     int // instructions that the verifier walked
}

// Sizes lists a contestant's programs, each name once: the ones attached to a device, and those that these call.
func Sizes(p *contestant.Programs) (sizes []Size, err error) {
	programs, err := attached(p)
	if err != nil {
		return nil, err
	}
	called, err := tailCalled(p.Pins)
	programs = append(programs, called...)
	defer closeAll(programs)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, program := range programs {
		s, err := size(program)
		if err != nil {
			return nil, err
		}
		if !seen[s.Name] {
			sizes = append(sizes, s)
		}
		seen[s.Name] = true
	}
	return sizes, nil
}

func size(p *ebpf.Program) (Size, error) {
	info, err := p.Info()
	if err != nil {
		return Size{}, fmt.Errorf("looking at a program: %w", err)
	}
	bytes, err := info.TranslatedSize()
	if err != nil {
		return Size{}, fmt.Errorf("looking at program %s: %w", info.Name, err)
	}
	native, err := info.JitedSize()
	if err != nil {
		return Size{}, fmt.Errorf("looking at program %s: %w", info.Name, err)
	}
	verified, _ := info.VerifiedInstructions()
	return Size{info.Name, bytes / asm.InstructionSize, int(native), int(verified)}, nil
}
