// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// ErrNotLoaded is returned for an endpoint that this agent has no programs of in the kernel.
var ErrNotLoaded = errors.New("the endpoint has no programs in the kernel")

// TableVerdict is what becomes of a flow by the rows in the kernel.
type TableVerdict struct {
	Allowed  bool
	Known    bool   // false: the node has not heard of the peer's identity, and rules say nothing about it
	Ruling   uint32 // number, without the mark of audit; 0: no rule spoke
	Revision uint64 // of the rules that the table was made from
}

// Ask reads a peer's row back from the kernel, as the judge does: from the table of what goes towards the endpoint, or of what leaves
// the cluster from it. ErrNotLoaded if there is none.
func (d *Datapath) Ask(id endpoint.ID, towards bool, peer identity.Number, protocol policy.Protocol, port uint16) (TableVerdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock() // the map is not closed meanwhile
	a := d.attached[id]
	if a == nil {
		return TableVerdict{}, ErrNotLoaded
	}
	shape, dir := a.judge.egress, egress
	if towards {
		shape, dir = a.judge.ingress, ingress
	}
	q := question{rows: a.judge.rows, direction: dir, paged: paged(shape), class: shape.Class(protocol, port)}
	verdict, err := q.verdict(peer, d.known)
	verdict.Revision = a.judge.revision
	if err != nil {
		return verdict, fmt.Errorf("reading the row of identity %s at endpoint %d: %w", peer, id, err)
	}
	return verdict, nil
}

// question is one class of one table.
type question struct {
	direction
	rows  *ebpf.Map
	paged bool
	class int
}

func (q question) verdict(peer identity.Number, identities *knownIdentities) (TableVerdict, error) {
	row, found, err := q.row(peer)
	if err != nil {
		return TableVerdict{}, err
	}
	known := found
	if !found {
		if row, _, err = q.row(0); err != nil {
			return TableVerdict{}, err
		}
		if known, err = identities.has(peer); err != nil {
			return TableVerdict{}, err
		}
	}
	allowed := row.Allowed>>(q.class%pageClasses)&1 == 1
	number, err := q.number(row, allowed)
	if err != nil {
		return TableVerdict{}, err
	}
	if !known && !(allowed && number&rulingAudit != 0) {
		return TableVerdict{}, nil // no rule has said that
	}
	return TableVerdict{Allowed: allowed, Known: known, Ruling: number &^ rulingAudit}, nil
}

// row is a peer's row of the class's page. Peer 0 has those of whoever has none.
func (q question) row(peer identity.Number) (row bpf.EndpointRow, found bool, err error) {
	pages := []uint32{uint32(q.class / pageClasses)}
	if q.paged {
		pages = append(pages, pageAny)
	}
	for _, page := range pages {
		err := q.rows.Lookup(q.rowKey(peer, page), &row)
		if err == nil {
			return row, true, nil
		}
		if !errors.Is(err, ebpf.ErrKeyNotExist) {
			return row, false, err
		}
	}
	return row, false, nil
}

// number is a row's ruling on the class, with marks: its kind's exception, its base's, or what it says in general.
func (q question) number(row bpf.EndpointRow, allowed bool) (uint32, error) {
	for _, kind := range []uint32{row.Kind, row.Base} {
		if kind == 0 {
			continue
		}
		var exception bpf.EndpointRow
		err := q.rows.Lookup(q.exceptionKey(kind, q.class), &exception)
		if err == nil || !errors.Is(err, ebpf.ErrKeyNotExist) {
			return exception.Allow, err
		}
	}
	if allowed {
		return row.Allow, nil
	}
	return row.Deny, nil
}
