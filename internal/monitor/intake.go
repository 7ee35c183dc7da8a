// SPDX-License-Identifier: Apache-2.0

package monitor

import "github.com/cilium/ebpf/ringbuf"

// intake is what was read of the ring buffer at once.
type intake struct {
	events []Event
	broken uint64 // records that are no event

	directory directory
	record    ringbuf.Record
}

func newIntake(names Names) *intake { return &intake{directory: newDirectory(names)} }

// read waits for a record, and takes all that are there with it, up to crowd. The datapath discards none, which
// would let it wait for one more with the others in its hands.
func (in *intake) read(source Source) error {
	in.events, in.broken = in.events[:0], 0
	in.directory.forget()
	if err := source.ReadInto(&in.record); err != nil {
		return err
	}
	now := readClock()
	in.take(now)
	for in.record.Remaining > 0 && len(in.events) < crowd {
		if err := source.ReadInto(&in.record); err != nil {
			return err
		}
		in.take(now)
	}
	return nil
}

func (in *intake) take(now clock) {
	event, err := decode(in.record.RawSample, now)
	if err != nil {
		in.broken++
		return
	}
	in.directory.label(&event)
	in.events = append(in.events, event)
}
