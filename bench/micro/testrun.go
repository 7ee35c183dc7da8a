// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/bench/contestant"
)

// ErrAction says that a program did with a packet what is not the case: its time would be another case's.
var ErrAction = errors.New("the program did something else")

// batches is how many values a case has: each the median of as many runs as there are by then.
const batches = 20

// Result is one case: nanoseconds a packet, net of what an empty program takes in the same batch.
type Result struct {
	Case  string
	Nanos []float64
}

// TestRuns gives a contestant's programs each case's packet n times by PROG_TEST_RUN. The kernel times each packet alone:
// a program changes its packet (hop limit, MAC addresses), so that it can not be given the same twice in a call.
// The caches are as warm as a system call in between leaves them.
func TestRuns(way *contestant.Way, n int) (results []Result, err error) {
	b, err := newBench(way)
	if err != nil {
		return nil, err
	}
	defer b.close()
	err = way.Node.Do(func() error {
		for _, c := range cases {
			nanos, err := b.measure(c, max(n/batches, 1))
			if c.policy && errors.Is(err, ErrAction) {
				continue // it has none
			}
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			results = append(results, Result{c.name, nanos})
		}
		return nil
	})
	return results, err
}

// bench is the two programs between which packets are passed, and one to compare with.
type bench struct {
	client, server, empty *ebpf.Program
	ends
}

func newBench(way *contestant.Way) (b *bench, err error) {
	b = &bench{}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.client, err = at(way.Programs, way.ToClient); err != nil {
		return nil, err
	}
	if b.server, err = at(way.Programs, way.ToServer); err != nil {
		return nil, err
	}
	b.empty, err = ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "empty", Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("loading an empty program: %w", err)
	}
	b.ends, err = findEnds(way)
	return b, err
}

// close closes what there is: of a nil program, Close does nothing.
func (b *bench) close() { closeAll([]*ebpf.Program{b.client, b.server, b.empty}) }

func (b *bench) measure(c testCase, each int) (nanos []float64, err error) {
	frames := c.prepare(b)
	for _, before := range frames.before {
		if _, err := once(b.program(before.fromServer), before.bytes, redirected); err != nil {
			return nil, err
		}
	}
	for batch := range batches {
		var ours, none []float64
		for i := range each {
			frame := frames.measured(batch*each + i)
			t, err := once(b.client, frame, c.action())
			if err != nil {
				return nil, err
			}
			base, err := once(b.empty, frame, passed)
			if err != nil {
				return nil, err
			}
			ours, none = append(ours, t), append(none, base)
		}
		nanos = append(nanos, middle(ours)-middle(none))
	}
	return nanos, nil
}

func (b *bench) program(ofServer bool) *ebpf.Program {
	if ofServer {
		return b.server
	}
	return b.client
}

// once runs a program on one packet, nanoseconds. ErrAction if it does not return what it should.
func once(p *ebpf.Program, frame []byte, want uint32) (float64, error) {
	action, took, err := p.Benchmark(frame, 1, nil)
	if err != nil {
		return 0, fmt.Errorf("running a program on a packet: %w", err)
	}
	if action != want {
		return 0, fmt.Errorf("%w: it returned %d, want %d", ErrAction, action, want)
	}
	return float64(took.Nanoseconds()), nil
}

func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
