// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/labels"
)

// What waits in the ring comes as one batch, in its order, and broken records among it are counted.
func TestAllThatWaitsIsRead(t *testing.T) {
	needRoot(t)
	events, source := newRing(t)
	whole, short := emitter(t, events, int32(recordBytes)), emitter(t, events, int32(recordBytes)-1)
	for revision := range uint32(20) {
		raw := denied()
		raw.Revision = revision
		frame := append(make([]byte, etherBytes), record(t, raw)...)
		run(t, whole, frame)
		run(t, short, frame)
	}
	in := newIntake(shop{})
	if err := in.read(source); err != nil {
		t.Fatal(err)
	}
	if len(in.events) != 20 || in.broken != 20 {
		t.Fatalf("%d events and %d broken records, want 20 of both", len(in.events), in.broken)
	}
	for i, e := range in.events {
		if int(e.Revision) != i {
			t.Errorf("event %d is number %d", i, e.Revision)
		}
	}
}

// renaming is a node whose endpoints have another name each time.
type renaming struct {
	shop
	asked *int
}

func (r renaming) Endpoint(endpoint.ID) (string, labels.Set, bool) {
	*r.asked++
	return []string{"old", "new"}[*r.asked-1], nil, true
}

// Names are asked for once a batch, so that events are cheap, and anew for the next, so that they are true.
func TestNamesOfABatch(t *testing.T) {
	needRoot(t)
	events, source := newRing(t)
	whole := emitter(t, events, int32(recordBytes))
	raw := denied()
	raw.DestinationEndpoint = 0
	frame := append(make([]byte, etherBytes), record(t, raw)...)
	asked := 0
	in := newIntake(renaming{asked: &asked})
	for _, name := range []string{"old", "new"} {
		run(t, whole, frame)
		run(t, whole, frame)
		if err := in.read(source); err != nil {
			t.Fatal(err)
		}
		for _, e := range in.events {
			if e.Source.Who.Name != name {
				t.Errorf("an event of %q, want %q", e.Source.Who.Name, name)
			}
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

// A monitor that rests ends as fast as one that waits.
func TestRunEndsWhileItRests(t *testing.T) {
	needRoot(t)
	events, source := newRing(t)
	m := newMonitor(1)
	s := m.Subscribe(Filter{})
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx, source) }()
	run(t, emitter(t, events, int32(recordBytes)), append(make([]byte, etherBytes), record(t, denied())...))
	next(t, s)
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it goes on")
	}
}

// newRing is a ring buffer of the kernel of one page, and its reader.
func newRing(t *testing.T) (*ebpf.Map, *ringbuf.Reader) {
	t.Helper()
	events, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(os.Getpagesize())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { events.Close() })
	source, err := ringbuf.NewReader(events)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return events, source
}

func BenchmarkEvent(b *testing.B) {
	m := newMonitor(DefaultHistory)
	s := m.Subscribe(Filter{})
	defer s.Close()
	in := newIntake(shop{})
	in.record.RawSample = record(b, denied())
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(in.events) {
		in.events = in.events[:0]
		in.directory.forget()
		now := readClock()
		for range 100 {
			in.take(now)
		}
		m.publish(in.events, 0)
		s.mu.Lock()
		s.waiting = s.waiting[:0]
		s.mu.Unlock()
	}
}

// The bytes of a record are the struct: there is no room between its fields that C has and Go has not.
func TestRecordIsTheStruct(t *testing.T) {
	raw := denied()
	raw.HopLimit, raw.TimeNs = 64, 1
	if got := len(record(t, raw)); got != recordBytes {
		t.Errorf("%d bytes in fields, %d in the struct", got, recordBytes)
	}
}
