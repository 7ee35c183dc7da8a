// SPDX-License-Identifier: Apache-2.0

package datapath

import "github.com/hypha-net/hypha/bpf"

// entry is an endpoint's own program, from_endpoint, at the host side of its link. It knows nothing of identity and policy.
type entry struct {
	of      Endpoint // whose constants it was made of
	device  int      // interface index
	asked   uint32   // how often Regenerate had been called by then
	program Program
}

// Attach puts the endpoint's own program at the host side of its link: the part of Apply that needs no identity yet. Until Apply, nobody
// reaches the endpoint.
//
// A program is at a device by a pinned tcx link in the end. But to make one the kernel waits, with all changes of interfaces locked out, until no
// packet can meet half of a new program (tcx_entry_sync): two or three ticks of its clock, 5 to 20 ms. So a new endpoint starts with the same
// program as a filter, for which nobody waits, and RunLinks makes the link.
func (d *Datapath) Attach(wanted Endpoint) error {
	_, err := d.attachEntry(wanted)
	return err
}

// attachEntry returns the endpoint's program, made anew if that at its link is none of this agent's, or another.
func (d *Datapath) attachEntry(wanted Endpoint) (*entry, error) {
	if err := wanted.check(); err != nil {
		return nil, err
	}
	device, err := wanted.Link.Index()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	have, asked := d.entries[wanted.ID], d.asked[wanted.ID]
	d.mu.Unlock()
	if have != nil && have.device == device && have.asked == asked && have.of.sameEntry(wanted) {
		return have, nil
	}
	made, err := d.loadFor(wanted, d.router())
	if err != nil {
		return nil, err
	}
	defer made.close()
	if err := d.place(wanted.ID, device, made.programs[bpf.EndpointProgFromEndpoint]); err != nil {
		return nil, err
	}
	e := &entry{of: wanted, device: device, asked: asked, program: made.reports[0]}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries[wanted.ID] = e
	return e, nil
}
