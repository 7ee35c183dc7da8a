// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// replacement is what one Apply has made aside, before anything of it judges a packet.
type replacement struct {
	attached
	entryProgram *loaded // nil: the attached one stays
	judgeProgram *loaded // nil: the installed ones stay
}

// Apply makes the kernel agree with one endpoint. Tables and programs are made aside, and then take over; when it
// fails, the old ones stay in force. Applying what is there already changes nothing; an interface that was deleted and made
// anew since (its container's namespace went, and it with it) gets its program again.
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
	valid := have != nil && have.device == device && have.asked == asked
	if valid && have.wanted.sameJudges(wanted) {
		return d.touch(have, wanted)
	}
	made := &replacement{attached: attached{wanted: wanted, device: device, asked: asked, generation: d.nextGeneration()}}
	defer made.close()
	if valid && have.wanted.sameEntry(wanted) {
		made.entry = have.entry
	}
	if err := d.replace(made); err != nil {
		return Report{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if have != nil {
		d.forget(have)
	}
	d.attached[wanted.ID] = &made.attached
	return made.report(), nil
}

// Regenerate makes the next Apply build all programs anew, also where nothing has changed. A row table that is the same is
// used again: others may share it.
func (d *Datapath) Regenerate(id endpoint.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[id]++
}

// touch changes what needs no new program.
func (d *Datapath) touch(have *attached, wanted Endpoint) (Report, error) {
	next := *have
	next.wanted.Trace, next.wanted.Link, next.wanted.Revision = wanted.Trace, wanted.Link, wanted.Revision
	if wanted.Trace != have.wanted.Trace || wanted.Link.MTU != have.wanted.Link.MTU {
		if err := d.putInfo(&next); err != nil {
			return Report{}, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.attached[wanted.ID] = &next
	return next.report(), nil
}

// replace makes all that is new, and then lets it take over.
func (d *Datapath) replace(made *replacement) error {
	err := d.prepare(made)
	if err == nil {
		if err = d.commit(made); err != nil {
			d.Regenerate(made.wanted.ID) // some of it may be in force: the next Apply changes all
		}
	}
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.forget(&made.attached)
	}
	return err
}

// prepare builds tables and programs without anybody using them. An entry that is there already stays.
func (d *Datapath) prepare(made *replacement) (err error) {
	if err := d.prepareTables(made); err != nil {
		return err
	}
	if made.judgeProgram, err = d.loadJudges(made); err != nil {
		return err
	}
	made.judges = made.judgeProgram.reports
	if made.entry != nil {
		return nil
	}
	if made.entryProgram, err = d.loadEntry(made); err != nil {
		return err
	}
	made.entry = made.entryProgram.reports
	return nil
}

func (d *Datapath) prepareTables(made *replacement) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, tables := made.wanted.Identity, made.wanted.Tables
	if made.ingress, err = d.rows.use(id, ingress, tables.Ingress); err != nil {
		return err
	}
	made.egress, err = d.rows.use(id, egress, tables.Egress)
	return err
}

func (r *replacement) close() {
	for _, programs := range []*loaded{r.entryProgram, r.judgeProgram} {
		if programs != nil {
			programs.close()
		}
	}
}

func (d *Datapath) loadEntry(made *replacement) (*loaded, error) {
	spec := only(d.template, "from_endpoint")
	constants := made.wanted.constants(d.router(), made.generation)
	if err := spec.Variables["config"].Set(constants); err != nil {
		return nil, fmt.Errorf("setting the endpoint's constants: %w", err)
	}
	return load(spec, d.maps, nil)
}

func (d *Datapath) loadJudges(made *replacement) (*loaded, error) {
	wanted := made.wanted
	spec := only(d.template, "deliver", "leave")
	for name, value := range map[string]any{
		"config":        wanted.constants(d.router(), made.generation),
		"ingress_table": tableConstants(wanted.Tables.Ingress, d.defaultSlot(wanted.Identity, ingress)),
		"egress_table":  tableConstants(wanted.Tables.Egress, d.defaultSlot(wanted.Identity, egress)),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("setting constant %s: %w", name, err)
		}
	}
	if err := spliceClassifier(spec.Programs["deliver"], "classify_ingress", wanted.Tables.Ingress.Ports); err != nil {
		return nil, err
	}
	if err := spliceClassifier(spec.Programs["leave"], "classify_egress", wanted.Tables.Egress.Ports); err != nil {
		return nil, err
	}
	return load(spec, d.maps, map[string]*ebpf.Map{
		"ingress_rows": made.ingress.rows, "egress_rows": made.egress.rows,
	})
}

// defaultSlot counts for the peers without a row of their own, together.
func (d *Datapath) defaultSlot(id identity.Number, dir direction) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pairs.slot(pairOf(id, 0, dir))
}

// commit lets the new programs take over, one endpoint at a time. Whatever packet comes in between is judged by one
// whole program with one whole table: the old or the new.
func (d *Datapath) commit(made *replacement) error {
	id := uint32(made.wanted.ID)
	if err := d.putAddresses(made.wanted); err != nil {
		return err
	}
	// New flows are judged by the new tables from the first of these updates on.
	for slot, name := range map[uint32]string{uint32(bpf.EndpointJudgeJUDGE_DELIVER): "deliver", uint32(bpf.EndpointJudgeJUDGE_LEAVE): "leave"} {
		if err := d.maps.Judges.Put(2*id+slot, made.judgeProgram.programs[name]); err != nil {
			return fmt.Errorf("installing program %s of endpoint %d: %w", name, id, err)
		}
	}
	if made.entryProgram != nil {
		if err := d.attach(linkName(made.wanted.ID), made.wanted.Link.Host, made.entryProgram.programs["from_endpoint"]); err != nil {
			return err
		}
	}
	// Live flows are judged again from here on: their stamps are of an older generation.
	return d.putInfo(&made.attached)
}

func (d *Datapath) putInfo(a *attached) error {
	info := bpf.EndpointEndpointInfo{
		Generation: a.generation, Identity: uint32(a.wanted.Identity), Ifindex: uint32(a.device),
		Mtu: uint16(a.wanted.Link.MTU), Mac: mac(a.wanted.Link.MAC),
	}
	if a.wanted.Trace {
		info.Flags = uint32(bpf.EndpointEndpointFlagsENDPOINT_TRACE)
	}
	if err := d.maps.Endpoints.Put(uint32(a.wanted.ID), info); err != nil {
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
