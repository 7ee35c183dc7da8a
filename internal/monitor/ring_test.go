// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/ringbuf"
)

const (
	etherBytes = 14
	patience   = 10 * time.Second
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: loads BPF programs")
	}
}

// emitter loads a program that writes the size bytes behind a frame's Ethernet header to a ring buffer.
func emitter(t *testing.T, events *ebpf.Map, size int32) *ebpf.Program {
	t.Helper()
	const room = 128 // bytes of stack
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "Dual BSD/GPL",
		Instructions: asm.Instructions{
			// bpf_skb_load_bytes(skb, etherBytes, stack, size)
			asm.Mov.Imm(asm.R2, etherBytes),
			asm.Mov.Reg(asm.R3, asm.RFP),
			asm.Add.Imm(asm.R3, -room),
			asm.Mov.Imm(asm.R4, size),
			asm.FnSkbLoadBytes.Call(),
			asm.JNE.Imm(asm.R0, 0, "done"),
			// bpf_ringbuf_output(events, stack, size, 0)
			asm.LoadMapPtr(asm.R1, events.FD()),
			asm.Mov.Reg(asm.R2, asm.RFP),
			asm.Add.Imm(asm.R2, -room),
			asm.Mov.Imm(asm.R3, size),
			asm.Mov.Imm(asm.R4, 0),
			asm.FnRingbufOutput.Call(),
			asm.Return().WithSymbol("done"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program
}

func run(t *testing.T, program *ebpf.Program, frame []byte) {
	t.Helper()
	if _, err := program.Run(&ebpf.RunOptions{Data: frame}); err != nil {
		t.Fatal(err)
	}
}

// watch runs a monitor of a ring buffer until the test ends.
func watch(t *testing.T, m *Monitor, events *ebpf.Map) *Subscription {
	t.Helper()
	source, err := ringbuf.NewReader(events)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx, source) }()
	s := m.Subscribe(Filter{})
	t.Cleanup(func() {
		s.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// next returns an event that comes alone.
func next(t *testing.T, s *Subscription) (one Event) {
	t.Helper()
	overdue := time.AfterFunc(patience, s.Close)
	defer overdue.Stop()
	for batch := range s.Batches() {
		if len(batch) != 1 {
			t.Fatalf("got %d events, want 1", len(batch))
		}
		return batch[0]
	}
	t.Fatal("no event came")
	return one
}
