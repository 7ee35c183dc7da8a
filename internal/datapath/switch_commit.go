// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"slices"
)

// Commit brings the tables into force. Each packet is judged by one whole table: the old one or the new one. The error says
// which endpoints are still judged by the old ones, if not all are switched; to set the same tables again switches the rest.
// ErrSuperseded, and nothing is changed, if other tables were committed since Prepare.
func (s *Switch) Commit() error {
	d := s.datapath
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := s.check(); err != nil {
		s.Discard()
		return err
	}
	err := s.changeRows()
	s.replaceTables()
	s.changes = nil
	err = errors.Join(err, d.install(s.behind()))
	d.refillCounters() // new tables have new rulings, and these new counters
	return err
}

// check finds out whether what is in force is what was when this was prepared, and then has nobody join what is to change.
func (s *Switch) check() error {
	d := s.datapath
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, before := range s.before {
		if d.tables[id] != before {
			return fmt.Errorf("identity %s: %w", id, ErrSuperseded)
		}
	}
	users := d.judgeUsers()
	for _, c := range s.changes {
		if c.joined && c.new.judge.says != c.new || c.rows != nil && users.only(d, c.identities) != c.old {
			return fmt.Errorf("identity %s: %w", c.identities[0], ErrSuperseded)
		}
	}
	for _, c := range s.changes {
		c.new.judge.says = c.new
	}
	return nil
}

// changeRows changes rows in place. Programs see each from here on.
func (s *Switch) changeRows() (err error) {
	for _, c := range s.changes {
		if c.rows == nil {
			continue
		}
		if problem := c.rows.apply(c.new.judge.rows); problem != nil {
			c.new.broken = true
			err = errors.Join(err, fmt.Errorf("changing the rows of identity %s: %w", slices.Min(c.identities), problem))
		}
	}
	return err
}

// replaceTables makes the new tables those that endpoints are given from now on.
func (s *Switch) replaceTables() {
	d := s.datapath
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range s.changes {
		for _, id := range c.identities {
			c.new.judge.users++
			if old := d.tables[id]; old != nil {
				old.judge.release()
			}
			d.tables[id] = c.new
		}
		if c.rows == nil {
			c.new.judge.release() // it is theirs now
		}
	}
}

// behind returns the endpoints of these identities whose installed judge is not that of their tables: also those that an
// earlier Commit could not switch.
func (s *Switch) behind() (all []*attached) {
	d := s.datapath
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.attached {
		if s.wanted[a.wanted.Identity] != nil && a.judge != d.tables[a.wanted.Identity].judge {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *attached) int { return int(a.wanted.ID) - int(b.wanted.ID) })
	return all
}
