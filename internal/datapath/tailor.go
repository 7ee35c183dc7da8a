// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/hypha-net/hypha/bpf"
)

// mapped is an address as programs see it: IPv4 mapped into IPv6, all zero if there is none.
func mapped(addr netip.Addr) (out bpf.EndpointAddress) {
	if addr.IsValid() {
		bytes := addr.As16()
		copy(out.Bytes[:], bytes[:])
	}
	return out
}

func mac(addr net.HardwareAddr) (out [6]uint8) {
	copy(out[:], addr)
	return out
}

func flag(on bool) uint8 {
	if on {
		return 1
	}
	return 0
}

// entryTemplate is from_endpoint before it is tailored. It is parsed once, and has the shared maps already: all that is left to do
// for one endpoint is to put in its constants.
type entryTemplate struct {
	from   *ebpf.ProgramSpec
	second uint32 // jiffies
}

func newEntryTemplate(compiled *ebpf.CollectionSpec, shared *sharedMaps) (entryTemplate, error) {
	spec := compiled.Programs[bpf.EndpointProgFromEndpoint].Copy()
	for name, m := range shared.byName {
		err := spec.Instructions.AssociateMap(name, m)
		if err != nil && !errors.Is(err, asm.ErrUnreferencedSymbol) {
			return entryTemplate{}, fmt.Errorf("giving map %s to from_endpoint: %w", name, err)
		}
	}
	// A program of one function needs no types: without them the kernel is not asked to check any.
	for i, instruction := range spec.Instructions {
		spec.Instructions[i] = btf.WithFuncMetadata(instruction.WithSource(nil), nil)
	}
	second, err := bpf.Second()
	return entryTemplate{spec, second}, err
}

// loadFor makes the program of one endpoint.
func (t entryTemplate) loadFor(e Endpoint, router Router) (*loaded, error) {
	spec := *t.from
	constants := bpf.Constants{Second: t.second, Endpoint: uint16(e.ID), MAC: e.Link.MAC, GatewayMAC: router.MAC}
	var err error
	if spec.Instructions, err = constants.Tailor(spec.Instructions); err != nil {
		return nil, fmt.Errorf("tailoring a program to endpoint %d: %w", e.ID, err)
	}
	began := time.Now()
	program, err := ebpf.NewProgram(&spec)
	if err != nil {
		return nil, loadError(err)
	}
	report := describe(spec.Name, program)
	report.TemplateInstructions, report.Load = len(spec.Instructions), time.Since(began)
	return &loaded{map[string]*ebpf.Program{spec.Name: program}, []Program{report}}, nil
}
