// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"iter"
	"slices"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/monitor"
)

// Events implements Agent.
func (n *Node) Events(ctx context.Context, query api.EventQuery) (iter.Seq[[]byte], error) {
	filter, err := n.filter(query)
	if err != nil {
		return nil, faultOf(err)
	}
	return writeEvents(watch(ctx, n.agent.Monitor(), filter, query), names{n.identity, n.agent.NodeName}), nil
}

func (n *Node) filter(query api.EventQuery) (filter monitor.Filter, err error) {
	for _, kind := range []monitor.Type{monitor.Drop, monitor.Verdict, monitor.Trace, monitor.Notice} {
		if slices.Contains(query.Types, kind.String()) {
			filter.Types = append(filter.Types, kind)
		}
	}
	if query.Endpoint != "" {
		e, err := n.agent.Endpoint(query.Endpoint)
		if err != nil {
			return filter, err
		}
		filter.Endpoint = e.ID
	}
	return filter, nil
}

// watch yields the last query.Last events, and then, if the query follows, those that happen until ctx ends, as they
// come. Looking back only does not subscribe: it must not make the kernel report verdicts.
func watch(ctx context.Context, m *monitor.Monitor, filter monitor.Filter, query api.EventQuery) iter.Seq[[]monitor.Event] {
	var recent []monitor.Event
	coming := func(func([]monitor.Event) bool) {}
	if query.NoFollow {
		recent = m.Recent(filter)
	} else {
		subscription := m.Subscribe(filter)
		context.AfterFunc(ctx, subscription.Close)
		recent, coming = subscription.Recent, subscription.Batches()
	}
	recent = recent[max(0, len(recent)-query.Last):]
	return func(yield func([]monitor.Event) bool) {
		if len(recent) > 0 && !yield(recent) {
			return
		}
		coming(yield)
	}
}
