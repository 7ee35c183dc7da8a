// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/policy"
)

// judge is one identity's rows in the kernel, and the program that judges by them. All endpoints with this identity share it.
type judge struct {
	rows     *ebpf.Map
	program  *ebpf.Program
	ingress  *policy.Shape
	egress   *policy.Shape
	template int           // instructions of the template
	load     time.Duration // that the kernel took
	asked    *Program      // what report found
	revision uint64        // that the program writes on its verdicts
	users    int           // its table, and endpoints that have it installed
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

// makeJudge fills a map and loads a program that nobody uses yet. It returns how many entries the map has.
func (d *Datapath) makeJudge(tables *policy.Tables) (_ *judge, entries int, err error) {
	all, err := encode(tables, d.config.Rulings)
	if err != nil {
		return nil, 0, err
	}
	j := &judge{revision: tables.Revision, ingress: tables.Ingress.Shape, egress: tables.Egress.Shape, users: 1}
	if j.rows, err = d.judgeTemplate.newRows(len(all.keys)); err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			j.rows.Close()
		}
	}()
	if err := all.put(j.rows); err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if j.program, err = d.judgeTemplate.load(tables, j.rows); err != nil {
		return nil, 0, err
	}
	j.load, j.template = time.Since(began), len(d.judgeTemplate.spec.Instructions)
	return j, len(all.keys), nil
}

// roomFor is the next power of two above need and a quarter more.
func roomFor(entries int) uint32 {
	size := uint32(32)
	for int(size) < entries+entries/4+16 {
		size *= 2
	}
	return size
}
