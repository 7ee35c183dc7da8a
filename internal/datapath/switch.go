// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"runtime"
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

// tableChange is how one identity gets its new tables: by a new judge, or by a change of the rows of the one it has.
type tableChange struct {
	identity identity.Number
	old, new *inForce
	rows     *rowChange // nil: new has a judge of its own
}

// Prepare makes all that is new aside: all of it or, with an error that names an identity, nothing. Tables that are in force
// already, the same pointers, cost nothing. ErrTooManyPorts if a program can not tell their ports apart.
func (d *Datapath) Prepare(wanted map[identity.Number]*policy.Tables) (*Switch, error) {
	s := &Switch{datapath: d, wanted: wanted, before: make(map[identity.Number]*inForce, len(wanted))}
	d.mu.Lock()
	for id, tables := range wanted {
		old := d.tables[id]
		s.before[id] = old
		if old == nil || old.policy != tables || old.broken {
			s.changes = append(s.changes, &tableChange{identity: id, old: old, new: &inForce{policy: tables}})
		}
	}
	d.mu.Unlock()
	if err := s.prepare(); err != nil {
		s.Discard()
		return nil, err
	}
	return s, nil
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
					failed <- fmt.Errorf("making the tables of identity %s: %w", c.identity, err)
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
	if c.old != nil && !c.old.broken {
		if c.rows, err = changeBetween(c.old.policy, c.new.policy, d.config.Rulings); err != nil {
			return err
		}
		if c.rows != nil && c.old.entries+c.rows.added <= int(c.old.judge.rows.MaxEntries()) {
			c.new.judge, c.new.entries = c.old.judge, c.old.entries+c.rows.grow()
			return nil
		}
		c.rows = nil
	}
	c.new.judge, c.new.entries, err = d.makeJudge(c.new.policy)
	return err
}

// Discard takes back what Prepare has made.
func (s *Switch) Discard() {
	s.datapath.mu.Lock()
	defer s.datapath.mu.Unlock()
	for _, c := range s.changes {
		if c.rows == nil && c.new.judge != nil {
			c.new.judge.release()
		}
	}
	s.changes = nil
}
