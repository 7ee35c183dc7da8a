// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

// sweepGrace is how much longer than its lifetime a flow stays: programs and this agent read different clocks.
const sweepGrace = 5 * time.Second

// Sweep removes dead flows from both tables and returns how many. The unanswered ones would replace each other anyway; but
// what status counts should be alive.
func (d *Datapath) Sweep() (removed int, err error) {
	for _, table := range []*ebpf.Map{d.maps.Established, d.maps.Unanswered} {
		n, problem := sweep(table, monotonic())
		removed += n
		err = errors.Join(err, problem)
	}
	return removed, err
}

func sweep(table *ebpf.Map, now uint64) (removed int, err error) {
	var found []bpf.EndpointFlowKey
	err = eachFlow(table, func(key bpf.EndpointFlowKey, flow bpf.EndpointFlow) bool {
		if dead(flow, now) {
			found = append(found, key)
		}
		return true
	})
	for _, key := range found {
		was, problem := bury(table, key, now)
		if was {
			removed++
		}
		err = errors.Join(err, problem)
	}
	return removed, err
}

func dead(flow bpf.EndpointFlow, now uint64) bool { return expires(flow, now) < -int64(sweepGrace) }

// bury removes a flow that was found dead, unless a new one has come to life under its key meanwhile: reading a large
// table takes a while, and clients use their ports again. (Between the look and the removal are microseconds.)
func bury(table *ebpf.Map, key bpf.EndpointFlowKey, now uint64) (bool, error) {
	var flow bpf.EndpointFlow
	err := table.Lookup(key, &flow)
	if err == nil && dead(flow, now) {
		err = table.Delete(key)
		if err == nil {
			return true, nil
		}
	}
	if err = ignoreMissing(err); err != nil {
		return false, fmt.Errorf("removing a dead flow: %w", err)
	}
	return false, nil
}

// RunSweeper sweeps every interval until ctx is done.
func (d *Datapath) RunSweeper(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := d.Sweep(); err != nil {
				d.log.Warn("conntrack was not swept", "err", err)
			}
		}
	}
}
