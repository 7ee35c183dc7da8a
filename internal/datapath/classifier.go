// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/internal/policy"
)

// maxSegments bounds the port ranges of one direction, with the gaps between them. Both at the bound, a classifier has 344,068
// instructions and 2 MB of machine code, and keeps the verifier busy for 0.6 s (measured on Linux 6.18).
const maxSegments = 1 << 16

// ErrTooManyPorts is returned for a policy that cuts the ports into more ranges than one program can tell apart.
var ErrTooManyPorts = errors.New("too many port ranges")

// classifier makes the function of BPF instructions that is called symbol:
//
//	R0 class = symbol(R1 service)
//
// The class is that of the range that holds the service, 0 if none does, with the direction's mark. It is a tree of compares, 2.5
// instructions for each range and each gap, and log2 of their number deep. There are no labels in it.
//
// Both directions' ports are sorted and disjoint, as policy.Table has them. Errors: ErrTooManyPorts, errPortOrder.
func classifier(symbol string, in, out []policy.PortClass) (asm.Instructions, error) {
	segments, err := segmentsOf(in, out)
	if err != nil {
		return nil, err
	}
	var t tree
	t.add(segments)
	code := asm.Instructions(t)
	source := asm.Comment(fmt.Sprintf("%s: %d port ranges", symbol, len(in)+len(out)))
	code[0] = code[0].WithSymbol(symbol).WithSource(source)
	return code, nil
}
