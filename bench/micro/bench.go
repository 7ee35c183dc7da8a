// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// bench is the two programs between which a subject's packets are passed, and one to compare with.
type bench struct {
	Subject
	client, server, empty *ebpf.Program
	ends
}

func newBench(s Subject) (_ *bench, err error) {
	b := &bench{Subject: s}
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

// measured is a case's packets through a program, and through an empty one.
type measured struct{ ours, none *driver }

func (m measured) close() {
	m.ours.close()
	m.none.close()
}

// open sends what goes before a case's packets.
func (b *bench) open(c testCase) (m measured, err error) {
	packets := c.prepare(b)
	err = b.Node.Do(func() error {
		for _, one := range packets.before {
			if err := b.send(one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	if m.ours, err = newDriver(packets, b.client); err != nil {
		return m, err
	}
	if m.none, err = newDriver(packets, b.empty); err != nil {
		m.ours.close()
	}
	return m, err
}

// together is how many packets one call has: few enough that what interrupts one call is in one of many.
const together = 50

// batch is one value of a case: the median of calls.
func (b *bench) batch(c testCase, m measured, each int) (nanos float64, err error) {
	var ours, none []float64
	err = b.Node.Do(func() error {
		for range max(each/together, 1) {
			t, err := m.ours.run(together, c.action())
			if err != nil {
				return err
			}
			base, err := m.none.run(together, passed)
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

func (b *bench) program(ofServer bool) *ebpf.Program {
	if ofServer {
		return b.server
	}
	return b.client
}

// send gives a program one packet that it has to let pass.
func (b *bench) send(one sent) error {
	action, err := b.program(one.fromServer).Run(&ebpf.RunOptions{Data: one.bytes})
	if err != nil {
		return fmt.Errorf("running a program on a packet: %w", err)
	}
	if action != redirected {
		return fmt.Errorf("%w: it returned %d, want %d", ErrAction, action, redirected)
	}
	return nil
}
