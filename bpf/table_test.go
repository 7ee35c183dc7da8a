// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/bpf"
)

const (
	anyPage   = uint32(bpf.EndpointRowPagePAGE_ANY)
	exception = uint32(bpf.EndpointRowPeerROW_EXCEPTION)
	audited   = uint32(bpf.EndpointRulingFlagsRULING_AUDIT)
	theRest   = uint32(bpf.EndpointIdentityIDENTITY_UNKNOWN) // peer under which the default row is
)

// policy is what an endpoint's table says in one direction.
type policy struct {
	rows  rows
	rest  []uint32           // classes allowed to peers without a row
	ports map[service]uint32 // classes; that of all other ports is 0
	paged bool               // there are more than 64 classes
	audit bool               // the rules under audit say the opposite of all this
	own   rows               // classes that have rulings of their own, by peer
	based bool               // all rows but that of the rest have the rest's own classes for theirs, too
	first uint32             // number of its first ruling; filled by compile
}

// direction is that of a table: 0, or 1 for what leaves.
type direction uint32

const (
	towards direction = iota
	leaving
)

func (d direction) service() uint32 {
	return uint32(d) * uint32(bpf.EndpointLeavingMarkSERVICE_LEAVING)
}
func (d direction) class() uint32 { return uint32(d) * uint32(bpf.EndpointLeavingMarkCLASS_LEAVING) }
func (d direction) page() uint32  { return uint32(d) * uint32(bpf.EndpointLeavingMarkPAGE_LEAVING) }

// rows are the classes that peers are allowed, by identity.
type rows map[uint32][]uint32

// others is the class to write for all pages that no class of a row is in.
const others = anyPage

type service struct {
	protocol uint8
	port     uint16
}

// ruling is the number of what a peer's row says about a class: each row has three rulings, and more for its own classes.
func (p *policy) ruling(peer, class uint32, allowed bool) uint32 {
	if _, ok := p.rows[peer]; !ok {
		peer = theRest
	}
	number := p.first + 100*p.kind(peer)
	if at := slices.Index(p.own[peer], class); at >= 0 {
		return number + 2 + uint32(at)
	}
	if at := slices.Index(p.own[theRest], class); p.based && at >= 0 {
		return p.first + 100*p.kind(theRest) + 2 + uint32(at)
	}
	if allowed {
		return number
	}
	return number + 1
}

// kind numbers the peers that have rows: 1 is the rest.
func (p *policy) kind(peer uint32) uint32 { return uint32(slices.Index(p.peers(), peer)) + 1 }

func (p *policy) peers() []uint32 {
	peers := []uint32{theRest}
	for peer := range p.rows {
		peers = append(peers, peer)
	}
	slices.Sort(peers)
	return peers
}

// compile makes the rows of one direction. Rulings are numbered from first.
func (p *policy) compile(first uint32, d direction) map[bpf.EndpointRowKey]bpf.EndpointRow {
	p.first = first
	table := map[bpf.EndpointRowKey]bpf.EndpointRow{}
	for _, peer := range p.peers() {
		classes := p.rest
		if peer != theRest {
			classes = p.rows[peer]
		}
		p.compileRow(table, peer, classes, d)
	}
	return table
}

func (p *policy) compileRow(table map[bpf.EndpointRowKey]bpf.EndpointRow, peer uint32, classes []uint32, d direction) {
	number := p.first + 100*p.kind(peer)
	row := bpf.EndpointRow{Allow: p.mark(number), Deny: p.mark(number + 1)}
	mark := uint32(d) << 16 // makes a kind unique over both directions
	if len(p.own[peer]) > 0 {
		row.Kind = mark | p.kind(peer)
	}
	if p.based && peer != theRest {
		row.Base = mark | p.kind(theRest)
	}
	pages := map[uint32]uint64{0: 0}
	if p.paged {
		pages = map[uint32]uint64{anyPage: 0}
	}
	for _, class := range classes {
		if class == others {
			pages[anyPage] = ^uint64(0)
			continue
		}
		pages[class/64] |= 1 << (class % 64)
	}
	for page, allowed := range pages {
		row.Allowed = allowed
		table[bpf.EndpointRowKey{Peer: peer, Page: page | d.page()}] = row
	}
	for i, class := range p.own[peer] {
		table[bpf.EndpointRowKey{Peer: exception | row.Kind, Page: class | d.class()}] =
			bpf.EndpointRow{Allow: p.mark(number + 2 + uint32(i))}
	}
}

func (p *policy) mark(ruling uint32) uint32 {
	if p.audit {
		return ruling | audited
	}
	return ruling
}

// judge loads the program of an endpoint's two tables.
func (e *endpoint) judge(revision uint32) *ebpf.Program {
	e.Helper()
	e.node.rulings += 10000
	table := e.ingress.compile(e.node.rulings, towards)
	for key, row := range e.egress.compile(e.node.rulings+5000, leaving) {
		table[key] = row
	}
	spec := e.templates.Maps[bpf.JudgeMapRows].Copy()
	spec.MaxEntries = uint32(len(table))
	rows, err := ebpf.NewMap(spec)
	e.must(err)
	e.Cleanup(func() { rows.Close() })
	for key, row := range table {
		e.must(rows.Put(key, row))
	}
	template := e.templates.Programs[bpf.JudgeProgJudge].Copy()
	for stub, body := range map[string]asm.Instructions{
		"classify":       classifier(e.ingress.ports, e.egress.ports),
		"table_revision": constant(revision),
		"table_flags":    constant(e.ingress.flags() | e.egress.flags()),
	} {
		template.Instructions = splice(template.Instructions, stub, body)
	}
	return e.load(template, rows)
}

// load puts a judge on the node's maps.
func (n *node) load(judge *ebpf.ProgramSpec, rows *ebpf.Map) *ebpf.Program {
	n.Helper()
	for name, m := range map[string]*ebpf.Map{
		bpf.JudgeMapRows: rows, bpf.JudgeMapJudgements: n.Judgements, bpf.JudgeMapStages: n.Stages, bpf.JudgeMapVerdicts: n.Verdicts,
	} {
		n.must(judge.Instructions.AssociateMap(name, m))
	}
	program, err := ebpf.NewProgram(judge)
	n.must(err)
	n.Cleanup(func() { program.Close() })
	return program
}

func (p *policy) flags() (flags uint32) {
	if p.paged {
		flags |= uint32(bpf.EndpointTableFlagsTABLE_PAGED)
	}
	if len(p.own) > 0 {
		flags |= uint32(bpf.EndpointTableFlagsTABLE_EXCEPTIONS)
	}
	return flags
}

// splice replaces a stub by a body.
func splice(program asm.Instructions, stub string, body asm.Instructions) asm.Instructions {
	start := slices.IndexFunc(program, func(i asm.Instruction) bool { return i.Symbol() == stub })
	length := slices.IndexFunc(program[start+1:], func(i asm.Instruction) bool { return i.Symbol() != "" }) + 1
	if length == 0 {
		length = len(program) - start
	}
	body[0].Metadata = program[start].Metadata // its name, type and source line
	return slices.Replace(program, start, start+length, body...)
}

// classifier compares with one port after the other.
func classifier(ports ...map[service]uint32) (body asm.Instructions) {
	for i, ports := range ports {
		d := direction(i)
		for service, class := range ports {
			body = append(body,
				asm.Mov.Imm32(asm.R0, int32(class|d.class())),
				skipUnless(asm.R1, int32(d.service()|uint32(service.protocol)<<16|uint32(service.port)), 1),
				asm.Return())
		}
	}
	return append(body, // the mark alone
		asm.Mov.Imm32(asm.R0, int32(leaving.class())),
		skipIfLess(asm.R1, int32(leaving.service())),
		asm.Return(),
		asm.Mov.Imm32(asm.R0, 0),
		asm.Return())
}

func constant(value uint32) asm.Instructions {
	return asm.Instructions{asm.Mov.Imm32(asm.R0, int32(value)), asm.Return()}
}

func skipUnless(register asm.Register, value int32, instructions int16) asm.Instruction {
	return asm.Instruction{OpCode: asm.JNE.Op(asm.ImmSource), Dst: register, Constant: int64(value), Offset: instructions}
}

func skipIfLess(register asm.Register, value int32) asm.Instruction {
	return asm.Instruction{OpCode: asm.JLT.Op(asm.ImmSource), Dst: register, Constant: int64(value), Offset: 1}
}
