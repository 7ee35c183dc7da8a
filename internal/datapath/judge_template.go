// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/policy"
)

// rowsSymbol is what the template calls the identity's own map.
const rowsSymbol = "rows"

// judgeTemplate is the program that is tailored for each identity. It is parsed once, and has the shared maps already: all that is
// left to do for one identity are a function, two constants and a map.
type judgeTemplate struct {
	spec *ebpf.ProgramSpec
	rows *ebpf.MapSpec
}

func newJudgeTemplate(shared *sharedMaps) (judgeTemplate, error) {
	compiled, err := bpf.LoadJudge()
	if err != nil {
		return judgeTemplate{}, fmt.Errorf("reading the compiled judge: %w", err)
	}
	spec := compiled.Programs[bpf.JudgeProgJudge]
	for name := range compiled.Maps {
		if name == rowsSymbol {
			continue
		}
		if err := spec.Instructions.AssociateMap(name, shared.byName[name]); err != nil {
			return judgeTemplate{}, fmt.Errorf("giving map %s to the judge: %w", name, err)
		}
	}
	bare(spec.Instructions)
	rows := compiled.Maps[rowsSymbol]
	rows.Key, rows.Value = nil, nil // types, which would be handed to the kernel with each map
	return judgeTemplate{spec, rows}, nil
}

// newRows makes a map for so many entries, and room for new identities: every insert that finds none means a new map and a new
// program. Entries take memory only while they are there.
func (t judgeTemplate) newRows(entries int) (*ebpf.Map, error) {
	spec := t.rows.Copy()
	spec.MaxEntries = roomFor(entries)
	rows, err := ebpf.NewMap(spec)
	if err != nil {
		return nil, fmt.Errorf("making a map for %d rows: %w", spec.MaxEntries, err)
	}
	return rows, nil
}

// bare takes off the instructions what would be handed to the kernel with each program: source lines, of which it insists on one for
// each function, and the type of the context, which it knows. A program without functions needs none of that.
func bare(code asm.Instructions) {
	plain := *btf.FuncMetadata(&code[0])
	plain.Type = &btf.FuncProto{
		Return: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed},
		Params: []btf.FuncParam{{Name: "context", Type: &btf.Pointer{Target: &btf.Void{}}}},
	}
	code[0] = btf.WithFuncMetadata(code[0], &plain)
	for i := range code {
		if symbol := code[i].Symbol(); symbol != "" {
			code[i] = code[i].WithSource(asm.Comment(symbol))
		} else {
			code[i] = code[i].WithSource(nil)
		}
	}
}

// load makes the program of one identity.
func (t judgeTemplate) load(tables *policy.Tables, flags bpf.EndpointTableFlags, rows *ebpf.Map) (*ebpf.Program, error) {
	spec := *t.spec
	if err := spliceClassifier(&spec, "classify", tables.Ingress.Ports, tables.Egress.Ports); err != nil {
		return nil, err
	}
	for symbol, value := range map[string]uint32{"table_revision": uint32(tables.Revision), "table_flags": uint32(flags)} {
		if err := inlineConstant(&spec, symbol, value); err != nil {
			return nil, err
		}
	}
	if err := spec.Instructions.AssociateMap(rowsSymbol, rows); err != nil {
		return nil, fmt.Errorf("giving the judge its rows: %w", err)
	}
	if len(functions(spec.Instructions)) == 1 {
		spec.Instructions[0] = btf.WithFuncMetadata(spec.Instructions[0], nil).WithSource(nil)
	}
	program, err := ebpf.NewProgram(&spec)
	if err != nil {
		return nil, loadError(err)
	}
	return program, nil
}

// flagsOf is what table_flags returns.
func flagsOf(tables *policy.Tables) (flags bpf.EndpointTableFlags) {
	for _, table := range []*policy.Table{&tables.Ingress, &tables.Egress} {
		if paged(table.Shape) {
			flags |= bpf.EndpointTableFlagsTABLE_PAGED
		}
		if slices.ContainsFunc(table.Kinds, func(k policy.Kind) bool { return len(k.Others) > 0 }) {
			flags |= bpf.EndpointTableFlagsTABLE_EXCEPTIONS
		}
	}
	return flags
}
