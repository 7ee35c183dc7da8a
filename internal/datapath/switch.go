// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// ErrSuperseded is returned by the Commit of a Switch that was prepared for tables which are no longer in force.
var ErrSuperseded = errors.New("other tables came into force meanwhile: prepare again")

// Switch is tables that are made aside. Nothing judges by them until Commit. One of Commit and Discard has to be called.
type Switch struct {
	datapath *Datapath
	wanted   map[identity.Number]*policy.Tables
	before   map[identity.Number]*inForce // of all that are wanted; nil: nothing
	changes  []*tableChange
}

// tableChange is how identities get new tables, the same ones: by a new judge, by the judge of others who have them already, or by a
// change of the rows of the one that they have.
type tableChange struct {
	identities []identity.Number
	policy     *policy.Tables
	new        *inForce
	joined     bool       // new is of others
	old        *inForce   // what all the identities have, and nobody else; nil: there is nothing of the kind
	rows       *rowChange // from old to new; nil: new has another judge
}

// Prepare makes all that is new aside: all of it or, with an error that names an identity, nothing. Tables that are in force
// already, the same pointers, cost nothing, and identities with the same pointer share what is made. ErrTooManyPorts if a program can not tell their ports apart.
func (d *Datapath) Prepare(wanted map[identity.Number]*policy.Tables) (*Switch, error) {
	s := &Switch{datapath: d, wanted: wanted, before: make(map[identity.Number]*inForce, len(wanted))}
	d.mu.Lock()
	s.plan()
	d.mu.Unlock()
	if err := s.prepare(); err != nil {
		s.Discard()
		return nil, err
	}
	return s, nil
}

// plan finds out what has to change, and what is there to change it by. d.mu is held.
func (s *Switch) plan() {
	d, changes := s.datapath, map[*policy.Tables]*tableChange{}
	for id, tables := range s.wanted {
		have := d.tables[id]
		s.before[id] = have
		if have != nil && have.policy == tables && !have.broken {
			continue
		}
		if changes[tables] == nil {
			changes[tables] = &tableChange{policy: tables}
			s.changes = append(s.changes, changes[tables])
		}
		changes[tables].identities = append(changes[tables].identities, id)
	}
	if len(s.changes) == 0 {
		return
	}
	users := d.judgeUsers()
	for _, c := range s.changes {
		c.old = users.only(d, c.identities)
	}
	for _, have := range d.tables {
		if c := changes[have.policy]; c != nil && c.new == nil && !have.broken {
			c.new, c.joined = have, true
			have.judge.users++
		}
	}
}

// prepare works on all CPUs: most of the time goes into the kernel's verifier.
func (s *Switch) prepare() error {
	var workers sync.WaitGroup
	work := make(chan *tableChange)
	failed := make(chan error, len(s.changes))
	for range min(runtime.NumCPU(), len(s.changes)) {
		workers.Go(func() {
			for c := range work {
				if err := c.prepare(s.datapath); err != nil {
					failed <- fmt.Errorf("making the tables of identity %s: %w", slices.Min(c.identities), err)
				}
			}
		})
	}
	for _, c := range s.changes {
		if len(failed) > 0 {
			break
		}
		work <- c
	}
	close(work)
	workers.Wait()
	close(failed)
	return <-failed
}

func (c *tableChange) prepare(d *Datapath) (err error) {
	if c.joined {
		return nil
	}
	if c.old != nil {
		if c.rows, err = changeBetween(c.old.policy, c.policy, d.config.Rulings); err != nil {
			return err
		}
		if c.rows != nil && c.rows.fits(c.old) {
			c.new = &inForce{policy: c.policy, judge: c.old.judge, entries: c.old.entries + c.rows.grow()}
			return nil
		}
		c.rows = nil
	}
	c.new, err = d.makeJudge(c.policy)
	return err
}

// Discard takes back what Prepare has made.
func (s *Switch) Discard() {
	s.datapath.mu.Lock()
	defer s.datapath.mu.Unlock()
	for _, c := range s.changes {
		if c.rows == nil && c.new != nil {
			c.new.judge.release()
		}
	}
	s.changes = nil
}
