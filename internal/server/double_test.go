// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/hypha-net/hypha/api"
)

// double is an Agent without a kernel: it holds what it is told, and answers
// from that. It stands in where only the wire is under test.
type double struct {
	mu        sync.Mutex
	endpoints map[string]api.Endpoint
	policies  map[string]api.Policy
	history   []api.PolicySet // after each change
	rules     []api.RuleStats
	recent    []api.Event
	readers   []chan api.Event
	status    api.Status
	alphaGone bool // the node
}

func newDouble() *double {
	return &double{endpoints: map[string]api.Endpoint{}, policies: map[string]api.Policy{}}
}

func (d *double) Endpoints(context.Context) ([]api.Endpoint, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.endpoints)), nil
}

// Endpoint says in its message how many rows were asked for.
func (d *double) Endpoint(_ context.Context, name string, rows int) (api.Endpoint, error) {
	e, err := d.change(name, func(*api.Endpoint) {})
	if rows != api.DefaultRows {
		e.Message = fmt.Sprintf("%d rows", rows)
	}
	return e, err
}

func (d *double) AddEndpoint(_ context.Context, spec api.EndpointSpec) (api.Endpoint, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, taken := d.endpoints[spec.Name]; taken {
		return api.Endpoint{}, Fault(ErrConflict, fmt.Errorf("endpoint %q exists", spec.Name))
	}
	d.endpoints[spec.Name] = api.Endpoint{Name: spec.Name, Netns: spec.Netns, Labels: spec.Labels, State: "ready"}
	return d.endpoints[spec.Name], nil
}

func (d *double) RelabelEndpoint(_ context.Context, name string, labels map[string]string) (api.Endpoint, error) {
	return d.change(name, func(e *api.Endpoint) { e.Labels = labels })
}

func (d *double) TraceEndpoint(_ context.Context, name string, on bool) (api.Endpoint, error) {
	return d.change(name, func(e *api.Endpoint) { e.Trace = on })
}

func (d *double) RegenerateEndpoint(_ context.Context, name string) (api.Endpoint, error) {
	return d.change(name, func(e *api.Endpoint) { e.Message = "made anew" })
}

func (d *double) DeleteEndpoint(_ context.Context, name string) error {
	_, err := d.change(name, func(*api.Endpoint) {})
	delete(d.endpoints, name)
	return err
}

func (d *double) change(name string, how func(*api.Endpoint)) (api.Endpoint, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.endpoints[name]
	if !ok {
		return e, Fault(ErrNotFound, fmt.Errorf("no endpoint is called %q", name))
	}
	how(&e)
	d.endpoints[name] = e
	return e, nil
}

// Events yields the last ones as they are, and what is published from now on. It knows the endpoints web and "" only.
func (d *double) Events(ctx context.Context, query api.EventQuery) (iter.Seq[[]byte], error) {
	if query.Endpoint != "" && query.Endpoint != "web" {
		return nil, Fault(ErrNotFound, fmt.Errorf("no endpoint is called %q", query.Endpoint))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	coming := make(chan api.Event, 16)
	d.readers = append(d.readers, coming)
	recent := d.recent[max(0, len(d.recent)-query.Last):]
	return func(yield func([]byte) bool) {
		for _, event := range recent {
			if !yield(lineOf(event)) {
				return
			}
		}
		for !query.NoFollow {
			select {
			case <-ctx.Done():
				return
			case event := <-coming:
				if !yield(lineOf(event)) {
					return
				}
			}
		}
	}, nil
}

func lineOf(event api.Event) []byte { return append(object(event), '\n') }

func (d *double) publish(event api.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.recent = append(d.recent, event)
	for _, reader := range d.readers {
		reader <- event
	}
}

func (d *double) Status(context.Context) (api.Status, error) { return d.status, nil }
func (d *double) Measure(context.Context) (api.Status, []api.RuleStats, error) {
	return d.status, d.rules, nil
}
func (d *double) Identities(context.Context) ([]api.Identity, error) { return nil, nil }

func (d *double) ExportStore(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "the store\n")
	return err
}

func (d *double) Conntrack(_ context.Context, limit int) (api.Conntrack, error) {
	return api.Conntrack{Total: limit}, nil
}
