// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// reconcile makes the kernel agree with one endpoint. Every trigger ends here: container start, label change, policy
// change, new identity, restart. It is idempotent, and the queue calls it for one endpoint at a time.
//
//	endpoint → identity → policy → datapath
func (a *Agent) reconcile(ctx context.Context, id endpoint.ID) error {
	e, wanted := a.endpoints.snapshot().byID[id]
	if !wanted || e.State == endpoint.Deleting {
		return a.dismantle(e, id)
	}
	err := a.realise(ctx, &e)
	if errors.Is(err, datapath.ErrNotInPlace) {
		return cmp.Or(a.record(e, nil), errNotYet)
	}
	return errors.Join(err, a.record(e, err))
}

// realise is the way of the data, from labels to programs. What the identity needs and what the cable needs are made at the
// same time: the first waits for the store's disk, the second for the kernel. The cable is up after it has its program and is judged:
// there is no moment in which the container could send unjudged.
func (a *Agent) realise(ctx context.Context, e *endpoint.Endpoint) error {
	wanted := datapath.Endpoint{ID: e.ID, IPv6: e.IPv6, IPv4: e.IPv4, Link: a.link(*e), Trace: e.Trace}
	number := e.Identity
	var both errgroup.Group
	both.Go(func() (err error) {
		if number, err = a.identify(ctx, *e); err != nil {
			return err
		}
		return a.admit(e.ID, number)
	})
	both.Go(func() error {
		if err := a.lay(*e, wanted.Link); err != nil {
			return err
		}
		return a.datapath.Attach(wanted)
	})
	err := both.Wait()
	e.Identity, wanted.Identity = number, number
	if err != nil {
		return err
	}
	if _, err := a.datapath.Apply(wanted); err != nil {
		return err
	}
	a.settled(e.ID, e.Identity)
	a.identities.Settle(identity.Holder(e.ID), e.Identity)
	return a.connect(*e, wanted.Link)
}

// lay makes the endpoint's cable: into its container, or for Docker to take there.
func (a *Agent) lay(e endpoint.Endpoint, link datapath.Link) error {
	if e.Owner == endpoint.OwnerCLI {
		return link.CreateIn(a.attachment(e))
	}
	return link.Create()
}

// connect brings the cable up.
func (a *Agent) connect(e endpoint.Endpoint, link datapath.Link) error {
	if e.Owner == endpoint.OwnerCLI {
		return link.Connect(a.attachment(e))
	}
	if err := link.Up(); err != nil {
		return err
	}
	return a.steer(e)
}

// identify asks the cluster for the number of the endpoint's label set. As long as its labels are not known it is init.
func (a *Agent) identify(ctx context.Context, e endpoint.Endpoint) (identity.Number, error) {
	if e.Labels == nil {
		return identity.Init, nil
	}
	number, err := a.identities.Allocate(ctx, identity.Holder(e.ID), a.filter.Apply(e.Labels))
	if err != nil {
		return e.Identity, fmt.Errorf("identity of endpoint %s: %w", e.Name, err)
	}
	return number, nil
}

// record saves what came of it, if it is news.
func (a *Agent) record(e endpoint.Endpoint, outcome error) error {
	state, message := endpoint.Ready, ""
	if outcome != nil {
		state, message = endpoint.Failed, outcome.Error()
	}
	now := a.endpoints.snapshot().byID[e.ID]
	if now.State == state && now.Message == message && now.Identity == e.Identity {
		return nil
	}
	a.logNews(now, outcome)
	_, err := a.endpoints.update(e.ID, func(to *endpoint.Endpoint) {
		to.Identity, to.Message = e.Identity, message
		if to.State.CanBecome(state) {
			to.State = state
		}
	})
	if errors.Is(err, ErrNoEndpoint) {
		return nil // deleted meanwhile
	}
	return err
}

// logNews says that an endpoint fails, or in another way than before, and that it does no longer: not each time that it is tried.
func (a *Agent) logNews(before endpoint.Endpoint, outcome error) {
	switch {
	case outcome != nil && before.Message != outcome.Error():
		a.log.Warn("endpoint is not as it should be", "endpoint", before.Name, "err", outcome)
	case outcome == nil && before.State == endpoint.Failed:
		a.log.Info("endpoint is as it should be again", "endpoint", before.Name)
	}
}

// dismantle takes an endpoint back: its cable first, so that it can not send when its program is gone, its record last.
// Whoever gets its addresses then is alone with them, also in the records.
func (a *Agent) dismantle(e endpoint.Endpoint, id endpoint.ID) error {
	if err := a.link(endpoint.Endpoint{ID: id}).Delete(); err != nil {
		return err
	}
	if err := a.datapath.Remove(id); err != nil {
		return err
	}
	a.departed(id)
	a.identities.Release(identity.Holder(id))
	if err := a.vacate(e); err != nil {
		return err
	}
	if err := a.endpoints.remove(id); err != nil {
		return err
	}
	if e.Owner == endpoint.OwnerCLI {
		a.pools.release(e)
	}
	return nil
}
