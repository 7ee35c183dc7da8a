// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// ErrAction says that a program did with a packet what is not the case: its time would be another case's.
var ErrAction = errors.New("the program did something else")

// bench is the two programs between which a subject's packets are passed, and one to compare with.
type bench struct {
	Subject
	client, server, empty *ebpf.Program
	ends
}

func newBench(s Subject) (b *bench, err error) {
	b = &bench{Subject: s}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.client, err = at(s.Programs, s.ToClient); err != nil {
		return nil, err
	}
	if b.server, err = at(s.Programs, s.ToServer); err != nil {
		return nil, err
	}
	b.empty, err = ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "empty", Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("loading an empty program: %w", err)
	}
	b.ends, err = findEnds(s.Way)
	return b, err
}

// close closes what there is: of a nil program, Close does nothing.
func (b *bench) close() { closeAll([]*ebpf.Program{b.client, b.server, b.empty}) }

// batch is one value of a case.
func (b *bench) batch(c testCase, number, each int) (nanos float64, err error) {
	frames := c.prepare(b)
	var ours, none []float64
	err = b.Node.Do(func() error {
		if err := b.open(frames.before, number); err != nil {
			return err
		}
		for i := range each {
			frame := frames.measured(number*each + i)
			t, err := once(b.client, frame, c.action())
			if err != nil {
				return err
			}
			base, err := once(b.empty, frame, passed)
			if err != nil {
				return err
			}
			ours, none = append(ours, t), append(none, base)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return middle(ours) - middle(none), nil
}

// open sends what goes before the packets of a case, before the first batch.
func (b *bench) open(before []sent, batch int) error {
	if batch > 0 {
		return nil
	}
	for _, one := range before {
		if _, err := once(b.program(one.fromServer), one.bytes, redirected); err != nil {
			return err
		}
	}
	return nil
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
