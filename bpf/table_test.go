// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"encoding/binary"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/bpf"
)

// policy is what an endpoint's table says in one direction.
type policy struct {
	rows  rows
	rest  []uint32           // classes allowed to peers without a row
	ports map[service]uint32 // classes; that of all other ports is 0
	words int                // of a row; 0 is 1
	slot  uint32             // pair counter of peers without a row; filled by compile
	slots map[uint32]uint32  // pair counters of rows, by peer; filled by compile
}

// rows are the classes that peers are allowed, by identity.
type rows map[uint32][]uint32

type service struct {
	protocol uint8
	port     uint16
}

// compile puts the policy into the specification of a direction's rows, constants, and classifier.
func (p *policy) compile(n *node, spec *ebpf.CollectionSpec, direction, program string) {
	n.Helper()
	words := max(p.words, 1)
	table := bpf.EndpointTableConfig{RowWords: uint32(words)}
	copy(table.DefaultAllowed[:], bits(64, p.rest))
	n.slots++
	p.slot, p.slots = n.slots, map[uint32]uint32{}
	table.DefaultCounter = p.slot
	n.must(spec.Variables[direction+"_table"].Set(table))

	m := spec.Maps[direction+"_rows"]
	m.ValueSize, m.MaxEntries = uint32(8+8*words), uint32(max(len(p.rows), 1))
	for peer, classes := range p.rows {
		n.slots++
		p.slots[peer] = n.slots
		row := binary.NativeEndian.AppendUint64(nil, uint64(n.slots))
		for _, word := range bits(words, classes) {
			row = binary.NativeEndian.AppendUint64(row, word)
		}
		m.Contents = append(m.Contents, ebpf.MapKV{Key: peer, Value: row})
	}
	judge := spec.Programs[program]
	judge.Instructions = splice(judge.Instructions, "classify_"+direction, p.ports)
}

func bits(words int, classes []uint32) []uint64 {
	set := make([]uint64, words)
	for _, class := range classes {
		set[class/64] |= 1 << (class % 64)
	}
	return set
}

// splice replaces a classifier's stub by comparisons with one port after the other.
func splice(program asm.Instructions, stub string, ports map[service]uint32) asm.Instructions {
	start := slices.IndexFunc(program, func(i asm.Instruction) bool { return i.Symbol() == stub })
	length := slices.IndexFunc(program[start+1:], func(i asm.Instruction) bool { return i.Symbol() != "" }) + 1
	if length == 0 {
		length = len(program) - start
	}
	var body asm.Instructions
	for service, class := range ports {
		body = append(body,
			asm.Mov.Imm(asm.R0, int32(class)),
			skipUnless(asm.R1, int32(service.protocol), 2),
			skipUnless(asm.R2, int32(service.port), 1),
			asm.Return())
	}
	body = append(body, asm.Mov.Imm(asm.R0, 0), asm.Return())
	body[0].Metadata = program[start].Metadata // its name, type and source line
	return slices.Replace(program, start, start+length, body...)
}

func skipUnless(register asm.Register, value int32, instructions int16) asm.Instruction {
	return asm.Instruction{OpCode: asm.JNE.Op(asm.ImmSource), Dst: register, Constant: int64(value), Offset: instructions}
}
