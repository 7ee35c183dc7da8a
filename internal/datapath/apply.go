// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// replacement is what one Apply has made aside, before anything of it judges a packet.
type replacement struct {
	attached
	program *loaded // from_endpoint; nil: the attached one stays
}

// Apply makes the kernel agree with one endpoint. Its program is made aside, and then takes over; when that fails, the old one
// stays in force. Applying what is there already changes nothing; an interface that was deleted and made anew since (its
// container's namespace went, and it with it) gets its program again. ErrNoTables if its identity has none.
func (d *Datapath) Apply(wanted Endpoint) (Report, error) {
	if err := wanted.check(); err != nil {
		return Report{}, err
	}
	device, err := wanted.Link.Index()
	if err != nil {
		return Report{}, err
	}
	d.mu.Lock()
	have, asked := d.attached[wanted.ID], d.asked[wanted.ID]
	d.mu.Unlock()
	if have != nil && have.asked != asked {
		if err := d.remakeTables(wanted.Identity); err != nil {
			return Report{}, err
		}
	}
	made := &replacement{attached: attached{wanted: wanted, device: device, asked: asked}}
	if have != nil && have.device == device && have.asked == asked && have.wanted.sameEntry(wanted) {
		made.entry = have.entry
	} else if made.program, err = d.loadEntry(made); err != nil {
		return Report{}, err
	} else {
		defer made.program.close()
		made.entry = made.program.reports[0]
	}
	return d.commit(made)
}

// Regenerate makes the next Apply build the endpoint's program anew, and the tables of its identity, also where nothing has
// changed.
func (d *Datapath) Regenerate(id endpoint.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[id]++
}

// remakeTables makes an identity's rows and program anew.
func (d *Datapath) remakeTables(id identity.Number) error {
	d.mu.Lock()
	have := d.tables[id]
	if have == nil {
		d.mu.Unlock()
		return nil
	}
	distrusted := *have
	distrusted.broken = true
	d.tables[id] = &distrusted
	d.mu.Unlock()
	return d.SetTables(map[identity.Number]*policy.Tables{id: have.policy})
}

func (d *Datapath) loadEntry(made *replacement) (*loaded, error) {
	spec := only(d.template, "from_endpoint")
	if err := spec.Variables["config"].Set(made.wanted.constants(d.router())); err != nil {
		return nil, fmt.Errorf("setting the endpoint's constants: %w", err)
	}
	return load(spec, d.maps)
}

// commit lets what is new take over. Whatever packet comes in between is judged by one whole table.
func (d *Datapath) commit(made *replacement) (Report, error) {
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
	d.replaceAttached(&made.attached)
	return d.report(&made.attached), nil
}

// takeOver changes what differs from the endpoint as it is.
func (d *Datapath) takeOver(have *attached, made *replacement) error {
	judged := made.program == nil && have.judge == made.judge && have.wanted.Identity == made.wanted.Identity
	if judged {
		made.generation = have.generation
		if have.info() == made.info() {
			return nil
		}
		return d.putInfo(&made.attached)
	}
	made.generation = d.nextGeneration()
	if err := d.putAddresses(made.wanted); err != nil {
		return err
	}
	// New flows are judged by the new tables from this update on.
	if err := d.installJudge(made.wanted.ID, made.judge); err != nil {
		return err
	}
	if made.program != nil {
		if err := d.attach(linkName(made.wanted.ID), made.wanted.Link.Host, made.program.programs["from_endpoint"]); err != nil {
			return err
		}
	}
	// Live flows are judged again from here on: their stamps are of an older generation.
	return d.putInfo(&made.attached)
}

// distrust makes the next Apply change everything: some of one that failed may be in force.
func (d *Datapath) distrust(have *attached) {
	if have == nil {
		return
	}
	next := *have
	next.device = 0
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

// putAddresses makes the endpoint's addresses known, and takes back those that it no longer has.
func (d *Datapath) putAddresses(wanted Endpoint) error {
	for _, addr := range []netip.Addr{wanted.IPv6, wanted.IPv4} {
		if !addr.IsValid() {
			continue
		}
		if err := d.maps.Addresses.Put(mapped(addr), uint32(wanted.ID)); err != nil {
			return fmt.Errorf("giving address %s to endpoint %d: %w", addr, wanted.ID, err)
		}
	}
	return d.dropAddresses(wanted.ID, wanted.IPv6, wanted.IPv4)
}
