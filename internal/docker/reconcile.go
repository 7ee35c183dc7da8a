// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
)

// reconciler makes agent and ledger agree with the engine's list. What the engine has is identified and adopted; what
// it does not know, and was not given to it within the last minute (see grace), is removed.
type reconciler struct {
	ledger    *ledger
	endpoints Endpoints
	log       *slog.Logger
}

// candidates are the endpoints that may turn out to be orphans: the ones known before the list is asked for.
func (r *reconciler) candidates() []string {
	ids := r.ledger.endpoints()
	for _, a := range r.endpoints.Attachments() {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (r *reconciler) reconcile(ctx context.Context, candidates []string, found listing, known map[string]Container) error {
	return errors.Join(
		r.identify(ctx, found, known),
		r.removeOrphans(ctx, candidates, found),
		r.ledger.agree(found, r.log),
	)
}

// identify tells the agent of every container that is new or looks different from what known says.
func (r *reconciler) identify(ctx context.Context, found listing, known map[string]Container) error {
	var errs []error
	for id, e := range found.endpoints {
		was, ok := known[id]
		if e.container.ID == "" || ok && same(was, e.container) {
			continue
		}
		if err := r.endpoints.Identify(ctx, id, e.container); err != nil {
			errs = append(errs, err)
			continue
		}
		known[id] = e.container
	}
	for id := range known {
		if _, ok := found.endpoints[id]; !ok {
			delete(known, id)
		}
	}
	return errors.Join(errs...)
}

func (r *reconciler) removeOrphans(ctx context.Context, candidates []string, found listing) error {
	var errs []error
	for _, id := range candidates {
		if _, ok := found.endpoints[id]; ok || r.ledger.isFresh(id) {
			continue
		}
		r.log.Info("removing an endpoint that Docker has forgotten", "endpoint", short(id))
		if err := r.endpoints.Delete(ctx, id); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, r.ledger.detach(id))
	}
	return errors.Join(errs...)
}
