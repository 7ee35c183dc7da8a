// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/internal/policy"
)

// maxSegments bounds the port ranges of one classifier, with the gaps between them. At the bound it has 172,034
// instructions and 1 MB of machine code, and keeps the verifier busy for 0.3 s (measured on Linux 6.18).
const maxSegments = 1 << 16

// ErrTooManyPorts is returned for a policy that cuts the ports into more ranges than one program can tell apart.
var ErrTooManyPorts = errors.New("too many port ranges")

// classifier makes a function of BPF instructions that is called symbol:
//
//	R0 class = symbol(R1 protocol, R2 port)
//
// protocol is the IANA number, port is in host order. The class is that of the range that holds the port, 0 if
// none does. It is a tree of compares, 2.5 instructions for each range and each gap, and log2 of their number
// deep. There are no labels in it, so any number of classifiers go into one program.
//
// ports are sorted and disjoint, as policy.Table has them. Errors: ErrTooManyPorts, errPortOrder.
func classifier(symbol string, ports []policy.PortClass) (asm.Instructions, error) {
	segments, err := segmentsOf(ports)
	if err != nil {
		return nil, err
	}
	if len(segments) > maxSegments {
		return nil, fmt.Errorf("%w: %d, with the gaps between them, and a program has at most %d: name fewer different ranges",
			ErrTooManyPorts, len(segments), maxSegments)
	}
	var t tree
	if len(segments) > 1 {
		t = append(t, keyInstructions()...)
	}
	t.add(segments)
	code := asm.Instructions(t)
	source := asm.Comment(fmt.Sprintf("%s: %d port ranges", symbol, len(ports)))
	code[0] = code[0].WithSymbol(symbol).WithSource(source)
	return code, nil
}

// keyInstructions make portKey(R1, R2) in R1, all 64 bits of it.
func keyInstructions() asm.Instructions {
	return asm.Instructions{
		asm.LSh.Imm32(asm.R1, 16),
		asm.Or.Reg32(asm.R1, asm.R2),
	}
}
