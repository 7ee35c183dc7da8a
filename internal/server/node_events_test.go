// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/binary"
	"iter"
	"os"
	"testing"

	"github.com/cilium/ebpf/ringbuf"
	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// ring hands records to a monitor as the kernel's ring buffer does.
type ring chan []byte

func (r ring) ReadInto(record *ringbuf.Record) error {
	sample, open := <-r
	if !open {
		return os.ErrClosed
	}
	record.RawSample = sample
	return nil
}

func (r ring) Close() error {
	close(r)
	return nil
}

func (r ring) send(t *testing.T, raw bpf.EndpointEvent) {
	t.Helper()
	record, err := binary.Append(nil, binary.NativeEndian, raw)
	if err != nil {
		t.Fatal(err)
	}
	r <- record
}

// shop is two endpoints, client (1, identity 256) and server (2, identity 257).
type shop struct{}

func (shop) Endpoint(id endpoint.ID) (string, labels.Set, bool) {
	name := map[endpoint.ID]string{1: "client", 2: "server"}[id]
	return name, labels.Set{"role": name}, name != ""
}

func (shop) Labels(identity.Number) (labels.Set, bool) { return nil, false }
func (shop) Ruling(uint32) (policy.Ruling, bool)       { return policy.Ruling{}, false }

// observed runs a monitor until the test ends. Verdicts is what it asked the datapath for.
func observed(t *testing.T) (m *monitor.Monitor, events ring, verdicts *[]bool) {
	t.Helper()
	events, verdicts = make(ring), new([]bool)
	m = monitor.New(shop{}, 8, func(on bool) { *verdicts = append(*verdicts, on) })
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx, events) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return m, events, verdicts
}

func dropAt(revision uint32) bpf.EndpointEvent {
	return bpf.EndpointEvent{
		Type: uint8(bpf.EndpointEventTypeEVENT_DROP), Verdict: uint8(bpf.EndpointVerdictDROP_POLICY_DENIED), Revision: revision,
		SourceEndpoint: 1, SourceIdentity: 256, DestinationEndpoint: 2, DestinationIdentity: 257,
	}
}

// revisions reads n events, all there are if n is 0.
func revisions(batches iter.Seq[[]monitor.Event], n int) (got []uint32) {
	for batch := range batches {
		for _, e := range batch {
			got = append(got, e.Revision)
		}
		if n > 0 && len(got) >= n {
			break
		}
	}
	return got
}

func TestWatchEndsWithItsContext(t *testing.T) {
	m, events, _ := observed(t)
	before := m.Subscribe(monitor.Filter{})
	defer before.Close()
	for revision := range uint32(3) {
		events.send(t, dropAt(revision))
	}
	revisions(before.Batches(), 3)
	ctx, stop := context.WithCancel(t.Context())
	watched := watch(ctx, m, monitor.Filter{}, api.EventQuery{Last: 2})
	events.send(t, dropAt(3))
	if diff := cmp.Diff([]uint32{1, 2, 3}, revisions(watched, 3)); diff != "" {
		t.Errorf("followed (-want +got):\n%s", diff)
	}
	stop()
	revisions(watch(ctx, m, monitor.Filter{}, api.EventQuery{}), 0) // returns
}

func TestOnlyWhoWantsVerdictsSwitchesThemOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		filter monitor.Filter
		query  api.EventQuery
		want   []bool
	}{
		{"drops", monitor.Filter{Types: []monitor.Type{monitor.Drop}}, api.EventQuery{}, nil},
		{"a look back", monitor.Filter{}, api.EventQuery{Last: 3, NoFollow: true}, nil},
		{"everything", monitor.Filter{}, api.EventQuery{}, []bool{true, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _, verdicts := observed(t)
			ctx, stop := context.WithCancel(t.Context())
			watched := watch(ctx, m, c.filter, c.query)
			stop()
			revisions(watched, 0)
			sentinel := m.Subscribe(monitor.Filter{Types: []monitor.Type{monitor.Drop}})
			sentinel.Close() // waits for a switch that is under way
			if diff := cmp.Diff(c.want, *verdicts); diff != "" {
				t.Errorf("asked of the datapath (-want +got):\n%s", diff)
			}
		})
	}
}
