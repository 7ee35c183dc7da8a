// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/hypha-net/hypha/internal/policy"
)

var errNoFunction = errors.New("function not found")

// spliceClassifier makes a program's function symbol a classifier of both directions' ports: one of few segments in the place of its
// call, a larger one in the place of its body. ErrTooManyPorts.
func spliceClassifier(prog *ebpf.ProgramSpec, symbol string, in, out []policy.PortClass) error {
	s, err := segmentsOf(in, out)
	switch {
	case err != nil:
		return fmt.Errorf("making %s of program %s: %w", symbol, prog.Name, err)
	case len(s) <= fewSegments:
		return inline(prog, symbol, s.sum())
	}
	return splice(prog, symbol, s.classifier(symbol))
}

// splice replaces the body of a program's function, in a new slice of instructions: copies of the spec keep theirs. Calls find
// the function by name, so it may be of any length.
func splice(prog *ebpf.ProgramSpec, symbol string, code asm.Instructions) error {
	start, end, err := functionBounds(prog.Instructions, symbol)
	if err != nil {
		return fmt.Errorf("making %s of program %s: %w", symbol, prog.Name, err)
	}
	// The kernel wants a type and a source line of each function, at its first instruction. The
	// type also says that it is global: it is verified once, and not again for each call.
	code[0] = btf.WithFuncMetadata(code[0], btf.FuncMetadata(&prog.Instructions[start]))
	prog.Instructions = slices.Concat(prog.Instructions[:start], code, prog.Instructions[end:])
	return nil
}

// functionBounds returns where a function starts, and where the next one does.
func functionBounds(code asm.Instructions, symbol string) (start, end int, err error) {
	start = slices.IndexFunc(code, func(i asm.Instruction) bool { return i.Symbol() == symbol })
	if start < 0 {
		return 0, 0, fmt.Errorf("%w: %s", errNoFunction, symbol)
	}
	next := slices.IndexFunc(code[start+1:], func(i asm.Instruction) bool { return i.Symbol() != "" })
	if next < 0 {
		return start, len(code), nil
	}
	return start, start + 1 + next, nil
}

// functions are the names of all functions of a program, the main one's first.
func functions(code asm.Instructions) (names []string) {
	for _, i := range code {
		if i.Symbol() != "" {
			names = append(names, i.Symbol())
		}
	}
	return names
}
