// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/cilium/ebpf/asm"
)

// ErrTemplate says that a template has no constants, or one that is not known.
var ErrTemplate = errors.New("the compiled program is not of this version")

// Constants are what makes from_endpoint one endpoint's own; the programs of which a node has one do with fewer.
type Constants struct {
	Second     uint32 // jiffies
	Endpoint   uint16
	MAC        net.HardwareAddr // the only source that may send
	GatewayMAC net.HardwareAddr // what it sends to
	Prefix6    netip.Prefix     // /64 of the node; invalid: it has none
}

// values are the constants as programs compare them: with what they read from a frame.
func (c Constants) values() [EndpointConstantCONSTANTS]uint64 {
	link := append(slices.Clone(c.GatewayMAC), c.MAC...)
	link = append(link, make([]byte, max(0, 12-len(link)))...)
	return [...]uint64{
		EndpointConstantCONSTANT_ENDPOINT:   uint64(c.Endpoint),
		EndpointConstantCONSTANT_LINK_START: binary.NativeEndian.Uint64(link),
		EndpointConstantCONSTANT_LINK_END:   uint64(binary.NativeEndian.Uint32(link[8:])),
		EndpointConstantCONSTANT_SECOND:     uint64(c.Second),
		EndpointConstantCONSTANT_PREFIX6:    c.prefix6(),
	}
}

// prefix6 is 0 for none: no address that is routed begins with that.
func (c Constants) prefix6() uint64 {
	if !c.Prefix6.IsValid() {
		return 0
	}
	address := c.Prefix6.Addr().As16()
	return binary.NativeEndian.Uint64(address[:8])
}

// Tailor returns a template's instructions with the constants in the places that are marked for them.
func (c Constants) Tailor(template asm.Instructions) (asm.Instructions, error) {
	values := c.values()
	tailored, marks := slices.Clone(template), 0
	for i, instruction := range template {
		if !isMark(instruction) {
			continue
		}
		constant := uint32(instruction.Constant)
		if constant >= uint32(len(values)) {
			return nil, fmt.Errorf("%w: constant %d", ErrTemplate, constant)
		}
		tailored[i].Constant = int64(values[constant])
		marks++
	}
	if marks == 0 {
		return nil, fmt.Errorf("%w: it has no constants", ErrTemplate)
	}
	return tailored, nil
}

func isMark(i asm.Instruction) bool {
	return i.OpCode.IsDWordLoad() && i.Src == asm.R0 && i.Constant>>32 == int64(EndpointConstantCONSTANT_MARK)
}
