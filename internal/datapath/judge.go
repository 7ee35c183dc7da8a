// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/policy"
)

// judge is one pair of tables in the kernel: the rows, and the program that judges by them. Identities that have the same tables share
// it, and so do all their endpoints.
type judge struct {
	rows     *ebpf.Map
	program  *ebpf.Program
	ingress  *policy.Shape
	egress   *policy.Shape
	template int           // instructions of the template
	load     time.Duration // that the kernel took
	asked    *Program      // what report found
	revision uint64        // that the program writes on its verdicts
	flags    bpf.EndpointTableFlags
	says     *inForce // what its rows are, or are being changed to; guarded by Datapath.mu
	users    int      // identities, endpoints that have it installed, and switches that are to make it somebody's
}

// report asks the kernel once what became of the program, d.mu held. That takes a third of the time that loading it took.
func (j *judge) report() Program {
	if j.asked == nil {
		asked := describe("judge", j.program)
		asked.TemplateInstructions, asked.Load = j.template, j.load
		j.asked = &asked
	}
	return *j.asked
}

// release is called by each user that has done with it, d.mu held. Programs that still run keep it alive in the kernel.
func (j *judge) release() {
	if j.users--; j.users == 0 {
		j.rows.Close()
		j.program.Close()
	}
}

// makeJudge fills a map and loads a program, whose one user is the caller.
func (d *Datapath) makeJudge(tables *policy.Tables) (_ *inForce, err error) {
	all, err := encode(tables, d.config.Rulings)
	if err != nil {
		return nil, err
	}
	j := &judge{revision: tables.Revision, flags: flagsOf(tables), ingress: tables.Ingress.Shape, egress: tables.Egress.Shape, users: 1}
	if j.rows, err = d.judgeTemplate.newRows(len(all.keys)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			j.rows.Close()
		}
	}()
	if err := all.put(j.rows); err != nil {
		return nil, err
	}
	began := time.Now()
	if j.program, err = d.judgeTemplate.load(tables, j.flags, j.rows); err != nil {
		return nil, err
	}
	j.load, j.template = time.Since(began), len(d.judgeTemplate.spec.Instructions)
	j.says = &inForce{policy: tables, judge: j, entries: len(all.keys)}
	return j.says, nil
}

// roomFor is the next power of two above need and a quarter more.
func roomFor(entries int) uint32 {
	size := uint32(32)
	for int(size) < entries+entries/4+16 {
		size *= 2
	}
	return size
}
