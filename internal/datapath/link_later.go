// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/endpoint"
)

// linkQuiet is how long nobody has attached an endpoint before those that are without a link get theirs: whoever is adding many is through.
const linkQuiet = 250 * time.Millisecond

// unlinked are the endpoints whose program is at their device as a filter, and is to get a link. To make a link takes 5 to 20 ms, in which nobody
// can change an interface (see Attach): nobody is to wait for it.
type unlinked struct {
	mu      sync.Mutex // held while the program at an endpoint's device changes, also by whoever makes a link
	waiting map[endpoint.ID]filtered
	newest  time.Time     // when the last one came
	came    chan struct{} // has room for one
}

// filtered is a program and the interface index of the device where it is a filter.
type filtered struct {
	device  int
	program *ebpf.Program
}

func newUnlinked() unlinked {
	return unlinked{waiting: map[endpoint.ID]filtered{}, came: make(chan struct{}, 1)}
}

// place makes program the one at the ingress of the endpoint's device: by its link, if it has one, without a moment between the old one and the
// new, else by a filter until it gets one.
func (d *Datapath) place(id endpoint.ID, device int, program *ebpf.Program) error {
	d.unlinked.mu.Lock()
	defer d.unlinked.mu.Unlock()
	linked, err := d.updateLink(linkName(id), device, program)
	if err != nil {
		return err
	}
	if !linked {
		if err := putFilter(device, program); err == nil {
			return d.unlinked.add(id, device, program)
		}
		// The device has a qdisc of somebody else's, or the kernel lacks these filters. A link comes before them all.
		if err := d.makeLink(linkName(id), device, program); err != nil {
			return err
		}
	}
	d.unlinked.forget(id)
	return dropFilter(device)
}

// displace takes the endpoint's link away, and with it the program. A filter is its device's, which is gone.
func (d *Datapath) displace(id endpoint.ID) error {
	d.unlinked.mu.Lock()
	defer d.unlinked.mu.Unlock()
	d.unlinked.forget(id)
	return d.detach(linkName(id))
}

// add has the endpoint wait for its link. mu is held.
func (u *unlinked) add(id endpoint.ID, device int, program *ebpf.Program) error {
	kept, err := program.Clone()
	if err != nil {
		return fmt.Errorf("keeping the program of endpoint %d: %w", id, err)
	}
	u.forget(id)
	u.waiting[id], u.newest = filtered{device, kept}, time.Now()
	select {
	case u.came <- struct{}{}:
	default:
	}
	return nil
}

// forget has the endpoint wait no longer. mu is held.
func (u *unlinked) forget(id endpoint.ID) {
	if f, waits := u.waiting[id]; waits {
		f.program.Close()
		delete(u.waiting, id)
	}
}

func (u *unlinked) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range u.waiting {
		u.forget(id)
	}
}

// due says whether anybody waits, and how long it is until there has been quiet for long enough.
func (u *unlinked) due() (in time.Duration, any bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return time.Until(u.newest.Add(linkQuiet)), len(u.waiting) > 0
}

// RunLinks gives the endpoints that are without a link theirs, one at a time and in quiet moments, until ctx is done.
func (d *Datapath) RunLinks(ctx context.Context) error {
	for {
		var quiet <-chan time.Time
		if in, any := d.unlinked.due(); any {
			quiet = time.After(in)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-quiet:
			if in, _ := d.unlinked.due(); in <= 0 {
				d.linkNext()
			}
		case <-d.unlinked.came:
		}
	}
}

// linkNext makes the link of one endpoint that waits. The filter goes after the link has taken over. If that fails it stays, and does as well: the
// next agent tries again.
func (d *Datapath) linkNext() {
	d.unlinked.mu.Lock()
	defer d.unlinked.mu.Unlock()
	for id, f := range d.unlinked.waiting {
		err := d.makeLink(linkName(id), f.device, f.program)
		if err == nil {
			err = dropFilter(f.device)
		}
		if err != nil && !gone(err) {
			d.log.Warn("an endpoint's program stays a filter", "endpoint", id, "err", err)
		}
		d.unlinked.forget(id)
		return
	}
}
