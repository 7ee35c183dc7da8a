// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// install gives endpoints the judge of their identity's tables: new flows are judged by it from its update on. Then their
// stamps become of an older generation, and live flows are judged again.
func (d *Datapath) install(all []*attached) (err error) {
	var installed []*attached
	for _, a := range all {
		t, problem := d.inForce(a.wanted.Identity)
		if problem == nil {
			problem = d.installJudge(a.wanted.ID, t.judge)
		}
		if problem != nil {
			err = errors.Join(err, problem)
			continue
		}
		next := *a
		next.judge, next.generation = t.judge, d.nextGeneration()
		installed = append(installed, &next)
	}
	if problem := d.putInfos(installed); problem != nil {
		return errors.Join(err, fmt.Errorf("%w (still judged by the old tables: endpoints %s)", problem, names(all)))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range installed {
		d.replaceAttached(a)
	}
	return err
}

func (d *Datapath) installJudge(id endpoint.ID, j *judge) error {
	if err := d.maps.Judges.Put(uint32(id), j.program); err != nil {
		return fmt.Errorf("installing the judge of endpoint %d, which is still judged by the old tables: %w", id, err)
	}
	return nil
}

// putInfos describes endpoints to the kernel, in one call.
func (d *Datapath) putInfos(all []*attached) error {
	if len(all) == 0 {
		return nil
	}
	ids, infos := make([]uint32, len(all)), make([]bpf.EndpointEndpointInfo, len(all))
	for i, a := range all {
		ids[i], infos[i] = uint32(a.wanted.ID), a.info()
	}
	if _, err := d.maps.Endpoints.BatchUpdate(ids, infos, nil); err != nil {
		return fmt.Errorf("describing %d endpoints to the kernel: %w", len(all), err)
	}
	return nil
}

func names(all []*attached) string {
	var ids []string
	for _, a := range all {
		ids = append(ids, linkName(a.wanted.ID))
	}
	return strings.Join(ids, ", ")
}
