// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// ErrAction says that a program did with a packet what is not the case: its time would be another case's.
var ErrAction = errors.New("the program did something else")

// driver is a program that makes a packet anew before each run of another one, all in one call of the kernel: that one changes its
// packet, and what begins a flow must differ each time. So the caches stay as warm as packet after packet leaves them.
type driver struct {
	packets
	program *ebpf.Program
	next    *ebpf.Map // what it calls
	count   *ebpf.Map // of packets so far
}

// restored is how much of a packet the driver writes: all headers of any case.
const restored = 96

// The source ports of packets that begin flows: a case can have no more.
const (
	firstPort = 3000
	portCount = 60_000
)

func newDriver(p packets, of *ebpf.Program) (_ *driver, err error) {
	d := &driver{packets: p}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	d.next, err = ebpf.NewMap(&ebpf.MapSpec{
		Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1, Contents: []ebpf.MapKV{{Key: uint32(0), Value: of}},
	})
	if err != nil {
		return nil, fmt.Errorf("making the driver's map of programs: %w", err)
	}
	if d.count, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1}); err != nil {
		return nil, fmt.Errorf("making the driver's count: %w", err)
	}
	d.program, err = ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "driver", Type: ebpf.SchedCLS, License: "GPL", Instructions: d.instructions(),
	})
	if err != nil {
		return nil, fmt.Errorf("loading the driver: %w", err)
	}
	return d, nil
}

// instructions: the headers on the stack, with the next port, into the packet; then the program.
func (d *driver) instructions() asm.Instructions {
	length := min(len(d.template), restored) &^ 3
	i := asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1)}
	for at := 0; at < length; at += 4 {
		word := binary.NativeEndian.Uint32(d.template[at:])
		i = append(i, asm.StoreImm(asm.RFP, int16(at-length), int64(int32(word)), asm.Word))
	}
	if d.portAt > 0 {
		i = append(i,
			asm.LoadMapValue(asm.R1, d.count.FD(), 0),
			asm.LoadMem(asm.R2, asm.R1, 0, asm.Word),
			asm.Add.Imm(asm.R2, 1),
			asm.StoreMem(asm.R1, 0, asm.R2, asm.Word),
			asm.Add.Imm(asm.R2, firstPort),
			asm.HostTo(asm.BE, asm.R2, asm.Half),
			asm.StoreMem(asm.RFP, int16(d.portAt-length), asm.R2, asm.Half),
		)
	}
	return append(i,
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.Mov.Imm(asm.R2, 0),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, int32(-length)),
		asm.Mov.Imm(asm.R4, int32(length)),
		asm.Mov.Imm(asm.R5, 0),
		asm.FnSkbStoreBytes.Call(),
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.LoadMapPtr(asm.R2, d.next.FD()),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, -1), // no case's
		asm.Return(),
	)
}

func (d *driver) close() {
	d.program.Close()
	d.next.Close()
	d.count.Close()
}

// run has the program see so many packets, and returns nanoseconds a packet, the driver's included. ErrAction if it does not return what it
// should of the last one.
func (d *driver) run(times int, want uint32) (float64, error) {
	action, took, err := d.program.Benchmark(d.template, times, nil)
	if err != nil {
		return 0, fmt.Errorf("running a program on packets: %w", err)
	}
	if action != want {
		return 0, fmt.Errorf("%w: it returned %d, want %d", ErrAction, int32(action), want)
	}
	return float64(took.Nanoseconds()), nil
}
