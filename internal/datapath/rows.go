// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// direction names the two tables of an identity.
type direction string

const (
	ingress direction = "ingress"
	egress  direction = "egress"
)

// rowTable is one identity's rows in the kernel. It never changes: a new policy makes a new one.
type rowTable struct {
	rows  *ebpf.Map
	table policy.Table
	users int
}

type rowKey struct {
	identity  identity.Number
	direction direction
}

// rowTables are the tables in use. Endpoints with one identity share them.
type rowTables struct {
	current map[rowKey]*rowTable
	pairs   *pairs
}

// use returns the table with these rows, an existing one if it is the same.
func (r *rowTables) use(id identity.Number, dir direction, table policy.Table) (*rowTable, error) {
	key := rowKey{id, dir}
	if have := r.current[key]; have != nil && have.table.Equal(table) {
		have.users++
		return have, nil
	}
	made, err := r.fill(id, dir, table)
	if err != nil {
		return nil, fmt.Errorf("filling the %s table of identity %s with %d rows: %w", dir, id, len(table.Rows), err)
	}
	r.current[key] = made
	return made, nil
}

// release gives a table back. Programs that still run keep it alive in the kernel.
func (r *rowTables) release(id identity.Number, dir direction, table *rowTable) {
	if table == nil {
		return
	}
	if table.users--; table.users > 0 {
		return
	}
	table.rows.Close()
	if key := (rowKey{id, dir}); r.current[key] == table {
		delete(r.current, key)
	}
}

func (r *rowTables) fill(id identity.Number, dir direction, table policy.Table) (*rowTable, error) {
	rows, err := ebpf.NewMap(&ebpf.MapSpec{
		Name: string(dir) + "_rows", Type: ebpf.Hash, KeySize: 4, ValueSize: uint32(8 + 8*rowWords(table)),
		MaxEntries: uint32(max(1, len(table.Rows))), Flags: noPrealloc,
	})
	if err != nil {
		return nil, err
	}
	keys := make([]uint32, 0, len(table.Rows))
	var values []byte
	for peer, row := range table.Rows {
		keys = append(keys, uint32(peer))
		values = append(values, rowBytes(table, row, r.pairs.slot(pairOf(id, peer, dir)))...)
	}
	if err := putRows(rows, keys, values); err != nil {
		rows.Close()
		return nil, err
	}
	return &rowTable{rows: rows, table: table, users: 1}, nil
}

// putRows writes all rows, values being back to back.
func putRows(rows *ebpf.Map, keys []uint32, values []byte) error {
	size := int(rows.ValueSize())
	for i, key := range keys {
		if err := rows.Put(key, values[i*size:(i+1)*size]); err != nil {
			return err
		}
	}
	return nil
}

// pairOf says who consumes and who provides: towards the identity, the peer opened the flow.
func pairOf(id, peer identity.Number, dir direction) Pair {
	if dir == ingress {
		return Pair{Consumer: peer, Provider: id}
	}
	return Pair{Consumer: id, Provider: peer}
}
