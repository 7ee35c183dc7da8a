// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// Remove takes an endpoint out of the kernel; its link is the caller's, who deletes it before: a container that still has it
// would send unjudged. Nobody reaches the endpoint from the first step on, and after the last one its flows are void: no
// stamp of theirs will ever match again. Until then IDs names it, so that what a killed agent left half done is found.
// Removing what is not there is no error.
func (d *Datapath) Remove(id endpoint.ID) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	err := errors.Join(d.dropAddresses(id), ignoreMissing(d.maps.Judges.Delete(uint32(id))), d.displace(id))
	if err == nil {
		err = d.slots.fold(id)
	}
	if err == nil {
		err = d.maps.Endpoints.Put(uint32(id), bpf.EndpointEndpointInfo{})
	}
	if err != nil {
		return fmt.Errorf("removing endpoint %d from the kernel: %w", id, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if have := d.attached[id]; have != nil {
		have.judge.release()
		delete(d.attached, id)
	}
	delete(d.entries, id)
	delete(d.asked, id)
	return nil
}

// IDs returns the endpoints that the kernel knows, also those of an earlier agent.
func (d *Datapath) IDs() (ids []endpoint.ID, err error) {
	err = eachEntry(d.maps.Endpoints, func(id uint32, info bpf.EndpointEndpointInfo) bool {
		if id != 0 && info.Generation != 0 {
			ids = append(ids, endpoint.ID(id))
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading the endpoints in the kernel: %w", err)
	}
	return ids, nil
}

// Report returns what the kernel has of an endpoint; false: nothing that this agent put there.
func (d *Datapath) Report(id endpoint.ID) (Report, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if have := d.attached[id]; have != nil {
		return d.report(have), true
	}
	return Report{}, false
}

func ignoreMissing(err error) error {
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil
	}
	return err
}
