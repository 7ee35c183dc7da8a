// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// eventNames puts names and labels back on the numbers in events.
type eventNames struct{ *Agent }

func (n eventNames) Endpoint(id endpoint.ID) (string, labels.Set, bool) {
	e, found := n.endpoints.snapshot().byID[id]
	return e.Name, n.filter.Apply(e.Labels), found
}

func (n eventNames) Labels(number identity.Number) (labels.Set, bool) {
	return n.identities.Labels(number)
}

func (n eventNames) Ruling(number uint32) (policy.Ruling, bool) { return n.rulings.Ruling(number) }

func (a *Agent) openMonitor() {
	a.monitor = monitor.New(eventNames{a}, monitor.DefaultHistory, func(on bool) {
		a.note("verdict events", a.datapath.WantVerdicts(on))
	})
}

func (a *Agent) runMonitor(ctx context.Context) error {
	source, err := a.datapath.Events()
	if err != nil {
		return err
	}
	return a.monitor.Run(ctx, source)
}
