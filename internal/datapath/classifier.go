// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf/asm"
)

// maxSegments bounds the port ranges of one direction, with the gaps between them. Both at the bound, a classifier has 344,068
// instructions and 2 MB of machine code, and keeps the verifier busy for 0.6 s (measured on Linux 6.18).
const maxSegments = 1 << 16

// ErrTooManyPorts is returned for a policy that cuts the ports into more ranges than one program can tell apart.
var ErrTooManyPorts = errors.New("too many port ranges")

// classifier is a function of BPF instructions that is called symbol:
//
//	R0 class = symbol(R1 service)
//
// The class is that of the segment that holds the service. It is a tree of compares, 2.5 instructions for each segment, and log2 of
// their number deep. There are no labels in it.
func (s segments) classifier(symbol string) asm.Instructions {
	var t tree
	t.add(s)
	code := asm.Instructions(t)
	code[0] = code[0].WithSymbol(symbol).WithSource(asm.Comment(fmt.Sprintf("%s: %d segments", symbol, len(s))))
	return code
}
