// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// ErrNoTables is returned for an endpoint whose identity has no tables yet.
var ErrNoTables = errors.New("the identity has no tables in the kernel")

// inForce is what identities are judged by that have the same tables. It never changes: a change of its rows makes another one with the
// same judge.
type inForce struct {
	policy  *policy.Tables
	judge   *judge
	entries int  // of the judge's map
	broken  bool // a change in place stopped halfway: the rows are those of no policy
}

// SetTables makes the kernel judge by these tables, those of the identities that it names: Prepare and Commit.
func (d *Datapath) SetTables(tables map[identity.Number]*policy.Tables) error {
	for {
		s, err := d.Prepare(tables)
		if err != nil {
			return err
		}
		if err = s.Commit(); !errors.Is(err, ErrSuperseded) {
			return err
		}
	}
}

// DropTables forgets the tables of an identity that no endpoint has any more. One that still has it keeps its program. What is
// missing is no error.
func (d *Datapath) DropTables(id identity.Number) {
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if have := d.tables[id]; have != nil {
		delete(d.tables, id)
		have.judge.release()
	}
}

// Tables returns what is in force for an identity; false: nothing.
func (d *Datapath) Tables(id identity.Number) (*policy.Tables, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if have := d.tables[id]; have != nil {
		return have.policy, true
	}
	return nil, false
}

// inForce returns what an endpoint with that identity is judged by. ErrNoTables.
func (d *Datapath) inForce(id identity.Number) (*inForce, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if have := d.tables[id]; have != nil {
		return have, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrNoTables, id)
}
