// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hypha-net/hypha/internal/identity"
)

// make works the table out for all peers. ErrTooLarge.
func (p *plan) make(r *Resolver) (Table, error) {
	p.palette, p.budget = newPalette(), budget{limits: r.limits}
	p.kindOf(r, p.usualGroup()) // the first: kind 0
	rows := p.rows(r)
	if err := p.check(len(rows)); err != nil {
		return Table{}, err
	}
	p.line = newLine(p.kinds)
	p.table = Table{Shape: p.line.shape(), Kinds: make([]Kind, 0, len(p.kinds)), Rows: rows.rows()}
	for number := range p.kinds {
		k, _ := p.fill(int32(number)) // they fit: the line was made for them
		p.table.Kinds = append(p.table.Kinds, k)
		if err := p.check(len(rows)); err != nil {
			return Table{}, err
		}
	}
	p.budget.used.entries += p.table.entries()
	return p.table, p.check(len(rows))
}

// rows finds out which peers have rows.
func (p *plan) rows(r *Resolver) (rows rowList) {
	for _, one := range p.reservedPeers(r) {
		rows.add(one.ID, p.kindOfReserved(r, one))
	}
	if p.side == ingress {
		p.addRows(r, &r.cluster, &rows)
	}
	p.addRows(r, &r.world, &rows)
	return rows
}

// usualGroup is the group of the peers that have no rows.
func (p *plan) usualGroup() int32 {
	if p.side == ingress {
		return usualGroup(inCluster)
	}
	return usualGroup(inWorld)
}

// reservedPeers returns those that the table is about, by number.
func (p *plan) reservedPeers(r *Resolver) []*resident {
	var peers []*resident
	for _, n := range slices.Sorted(maps.Keys(r.reserved)) {
		if one := r.reserved[n]; p.side == ingress || !one.isEndpoint() {
			peers = append(peers, one)
		}
	}
	return peers
}

// addRows adds those of a population's peers that are not of kind 0.
func (p *plan) addRows(r *Resolver, of *population, rows *rowList) {
	p.split(of)
	start := len(*rows)
	if of.kind == inWorld && p.kindOf(r, usualGroup(inWorld)) != 0 { // all of them have rows
		for one := range of.all {
			g := of.groups[one.index]
			if g == 0 {
				g = usualGroup(inWorld)
			}
			rows.add(one.ID, p.kindOf(r, g))
		}
	} else {
		for i := range of.touched.all {
			rows.add(of.at[i].ID, p.kindOf(r, of.groups[i]))
		}
	}
	of.clear()
	if of.kind == inWorld {
		slices.SortFunc((*rows)[start:], func(a, b row) int { return cmp.Compare(a.peer, b.peer) })
	}
}

// row and rowList are rows that are being put together, in the order of their peers.
type row struct {
	peer identity.Number
	kind int32
}

type rowList []row

func (l *rowList) add(n identity.Number, kind int32) {
	if kind != 0 {
		*l = append(*l, row{n, kind})
	}
}

// rows makes Rows of them.
func (l rowList) rows() Rows {
	r := Rows{length: len(l), origin: new(origin)}
	for start := 0; start < len(l); {
		number, _ := split(l[start].peer)
		end := start
		p := &page{number: number}
		for ; end < len(l) && uint32(l[end].peer)>>pageBits == number; end++ {
			p.peers = append(p.peers, uint8(l[end].peer))
			p.kinds = append(p.kinds, l[end].kind)
		}
		p.peers, p.kinds = slices.Clip(p.peers), slices.Clip(p.kinds)
		r.pages = append(r.pages, p)
		start = end
	}
	return r
}

// clear ends the use of the scratch.
func (p *population) clear() {
	for i := range p.touched.all {
		p.groups[i] = 0
	}
	clear(p.touched)
}
