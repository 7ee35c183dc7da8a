// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Apply makes the kernel agree with one endpoint, whose link exists. Its program is made aside, and then takes over; when that
// fails, the old one stays in force. Applying what is there already changes nothing; an interface that was deleted and made
// anew since (its container's namespace went, and it with it) gets its program again. ErrNoTables if its identity has none.
func (d *Datapath) Apply(wanted Endpoint) (Report, error) {
	if _, err := d.inForce(wanted.Identity); err != nil {
		return Report{}, fmt.Errorf("endpoint %d: %w", wanted.ID, err)
	}
	own, err := d.attachEntry(wanted)
	if err != nil {
		return Report{}, err
	}
	d.mu.Lock()
	have := d.attached[wanted.ID]
	d.mu.Unlock()
	if have != nil && have.entry.asked != own.asked {
		if err := d.remakeTables(wanted.Identity); err != nil {
			return Report{}, err
		}
	}
	return d.commit(&attached{wanted: wanted, entry: own})
}

// Regenerate makes the next Apply build the endpoint's program anew, and the tables of its identity, also where nothing has
// changed.
func (d *Datapath) Regenerate(id endpoint.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[id]++
}

// remakeTables makes an identity's rows and program anew, for all identities that share them. Whoever sets other tables meanwhile has
// done so, too: what is distrusted is never changed in place.
func (d *Datapath) remakeTables(id identity.Number) error {
	tables := d.distrustTables(id)
	if tables == nil {
		return nil
	}
	s, err := d.Prepare(tables)
	if err != nil {
		return err
	}
	if err := s.Commit(); !errors.Is(err, ErrSuperseded) {
		return err
	}
	return nil
}

// distrustTables takes the rows of an identity for broken from now on. It returns the tables of all that share them, nil if it has none.
func (d *Datapath) distrustTables(id identity.Number) map[identity.Number]*policy.Tables {
	d.mu.Lock()
	defer d.mu.Unlock()
	have := d.tables[id]
	if have == nil {
		return nil
	}
	distrusted := *have
	distrusted.broken = true
	have.judge.says = &distrusted
	sharers := map[identity.Number]*policy.Tables{}
	for other, t := range d.tables {
		if t.judge == have.judge {
			d.tables[other] = &distrusted
			sharers[other] = have.policy
		}
	}
	return sharers
}
