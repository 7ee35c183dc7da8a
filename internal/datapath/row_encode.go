// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// rows are entries of a map, ready to be written in one call.
type rows struct {
	keys   []bpf.EndpointRowKey
	values []bpf.EndpointRow
}

func (r *rows) add(key bpf.EndpointRowKey, value bpf.EndpointRow) {
	r.keys = append(r.keys, key)
	r.values = append(r.values, value)
}

// put writes the rows in their order.
func (r *rows) put(to *ebpf.Map) error {
	if len(r.keys) == 0 {
		return nil
	}
	if n, err := to.BatchUpdate(r.keys, r.values, nil); err != nil {
		return fmt.Errorf("writing row %d of %d: %w", n+1, len(r.keys), err)
	}
	return nil
}

// encode turns both tables of an identity into rows of its map.
func encode(tables *policy.Tables, rulings Rulings) (*rows, error) {
	room := tables.Ingress.Rows.Len() + tables.Egress.Rows.Len() + 2
	all := &rows{keys: make([]bpf.EndpointRowKey, 0, room), values: make([]bpf.EndpointRow, 0, room)}
	if err := newEncoder(all, ingress, &tables.Ingress, rulings).all(); err != nil {
		return nil, err
	}
	return all, newEncoder(all, egress, &tables.Egress, rulings).all()
}

// encoder turns one direction's table into rows.
type encoder struct {
	*rows
	direction
	table   *policy.Table
	rulings Rulings
	pages   map[int][]page // by kind, made when first asked for
}

func newEncoder(to *rows, dir direction, table *policy.Table, rulings Rulings) *encoder {
	return &encoder{to, dir, table, rulings, map[int][]page{}}
}

// all adds the whole table: exceptions, the default, the peers.
func (e *encoder) all() error {
	if err := e.exceptions(0); err != nil {
		return err
	}
	if err := e.peer(0, 0); err != nil {
		return err
	}
	for peer, kind := range e.table.Rows.All() {
		if err := e.peer(peer, kind); err != nil {
			return err
		}
	}
	return nil
}

// peer adds the rows of a peer of that kind.
func (e *encoder) peer(peer identity.Number, kind int) error {
	pages, err := e.pagesOf(kind)
	for _, p := range pages {
		e.add(e.rowKey(peer, p.number), p.row)
	}
	return err
}

// pagesOf returns what peers of a kind have for rows.
func (e *encoder) pagesOf(kind int) ([]page, error) {
	if pages, made := e.pages[kind]; made {
		return pages, nil
	}
	usual, err := e.usual(kind)
	if err != nil {
		return nil, err
	}
	e.pages[kind] = pagesOf(e.table, kind, usual)
	return e.pages[kind], nil
}

// usual is a kind's row, but for what it allows.
func (e *encoder) usual(kind int) (row bpf.EndpointRow, err error) {
	k := &e.table.Kinds[kind]
	if row.Allow, err = number(e.rulings, k.Allow); err != nil {
		return row, err
	}
	if row.Deny, err = number(e.rulings, k.Deny); err != nil {
		return row, err
	}
	row.Kind = e.noted(kind)
	if k.Base != policy.Alone {
		row.Base = e.noted(k.Base)
	}
	return row, nil
}

// noted is what rows call a kind whose exceptions count for them; 0 if it has none.
func (e *encoder) noted(kind int) uint32 {
	if len(e.table.Kinds[kind].Others) == 0 {
		return 0
	}
	return e.kindNumber(kind)
}

// exceptions adds the rulings of single classes, of this kind and those after it.
func (e *encoder) exceptions(from int) error {
	for kind := from; kind < len(e.table.Kinds); kind++ {
		for _, exception := range e.table.Kinds[kind].Others {
			n, err := number(e.rulings, *exception.Ruling)
			if err != nil {
				return err
			}
			e.add(e.exceptionKey(e.kindNumber(kind), exception.Class), bpf.EndpointRow{Allow: n})
		}
	}
	return nil
}
