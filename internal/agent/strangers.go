// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/monitor"
)

// askAgain is how long an identity that nobody knew is not asked for again.
const askAgain = time.Second

// meetStrangers asks the cluster for the identities that packets come with and the kernel does not know, until ctx is done. The
// watch brings them, too; this does not wait for it.
func (a *Agent) meetStrangers(ctx context.Context) error {
	subscription := a.monitor.Subscribe(monitor.Filter{Types: []monitor.Type{monitor.Drop}})
	defer context.AfterFunc(ctx, subscription.Close)()
	asked := map[identity.Number]time.Time{}
	for batch := range subscription.Batches() {
		for _, event := range batch {
			if event.Verdict == bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN {
				a.meetParties(ctx, event, asked)
			}
		}
	}
	return nil
}

// meetParties asks for those of an event's identities that were not asked for in the last second.
func (a *Agent) meetParties(ctx context.Context, event monitor.Event, asked map[identity.Number]time.Time) {
	for _, number := range []identity.Number{event.Source.Identity, event.Destination.Identity} {
		if number.IsLabelSet() && time.Since(asked[number]) > askAgain {
			asked[number] = time.Now()
			a.note("asking for identities", a.meet(ctx, number))
		}
	}
	for number, when := range asked { // of the last second only, and so few
		if time.Since(when) > askAgain {
			delete(asked, number)
		}
	}
}

// meet makes an identity known here, and to the kernel. One that the cluster does not know stays a stranger.
func (a *Agent) meet(ctx context.Context, number identity.Number) error {
	if _, err := a.identities.Lookup(ctx, number); err != nil {
		if errors.Is(err, identity.ErrUnknown) || ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := a.refresh(); err != nil {
		return err
	}
	a.viewing.Lock()
	defer a.viewing.Unlock()
	if _, known := a.view.Load().known.Labels(number); !known {
		return nil // gone again
	}
	if err := a.datapath.SetKnown(map[identity.Number]bool{number: true}); err != nil {
		return fmt.Errorf("identity %s: %w", number, err)
	}
	return nil
}
