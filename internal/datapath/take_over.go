// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
)

// commit lets what is new take over. Whatever packet comes in between is judged by one whole table.
func (d *Datapath) commit(made *attached) (Report, error) {
	d.changing.Lock()
	defer d.changing.Unlock()
	t, err := d.inForce(made.wanted.Identity)
	if err != nil {
		return Report{}, fmt.Errorf("endpoint %d: %w", made.wanted.ID, err)
	}
	made.judge = t.judge
	d.mu.Lock()
	have := d.attached[made.wanted.ID]
	d.mu.Unlock()
	if err := d.takeOver(have, made); err != nil {
		d.distrust(have)
		return Report{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replaceAttached(made)
	return d.report(made), nil
}

// takeOver changes what differs from the endpoint as it is.
func (d *Datapath) takeOver(have, made *attached) error {
	if have != nil && have.judgesLike(made) {
		made.generation = have.generation
		if have.info() == made.info() {
			return nil
		}
		return d.putInfo(made)
	}
	made.generation = d.nextGeneration()
	if err := d.putAddresses(made.wanted); err != nil {
		return err
	}
	// New flows are judged by the new tables from this update on.
	if err := d.installJudge(made.wanted.ID, made.judge); err != nil {
		return err
	}
	// Live flows are judged again from here on: their stamps are of an older generation.
	return d.putInfo(made)
}

// judgesLike reports whether verdicts of a are those of b.
func (a *attached) judgesLike(b *attached) bool {
	return !a.uncertain && a.entry == b.entry && a.judge == b.judge && a.wanted.Identity == b.wanted.Identity
}

// distrust makes the next Apply change everything: some of one that failed may be in force.
func (d *Datapath) distrust(have *attached) {
	if have == nil {
		return
	}
	next := *have
	next.uncertain = true
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replaceAttached(&next)
}

// replaceAttached writes down what an endpoint has in the kernel now. d.mu is held.
func (d *Datapath) replaceAttached(a *attached) {
	a.judge.users++
	if have := d.attached[a.wanted.ID]; have != nil {
		have.judge.release()
	}
	d.attached[a.wanted.ID] = a
}

func (d *Datapath) putInfo(a *attached) error {
	if err := d.maps.Endpoints.Put(uint32(a.wanted.ID), a.info()); err != nil {
		return fmt.Errorf("describing endpoint %d to the kernel: %w", a.wanted.ID, err)
	}
	return nil
}
