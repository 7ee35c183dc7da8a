// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// owner changes one endpoint, and remembers what the agent has said is so. What a call was about that got no answer may be so
// or not.
type owner struct {
	name      string
	container *testbed.Namespace
	api       *api.Client

	unsure bool
	there  bool
	labels map[string]string
}

// hammer changes the endpoint at random until the agent is gone. An error says that the agent broke its word.
func (o *owner) hammer(ctx context.Context, random *rand.Rand) error {
	for {
		if err := o.check(ctx); err != nil {
			return ended(err)
		}
		if o.unsure {
			continue
		}
		o.unsure = true
		if err := o.step(ctx, random); err != nil {
			return ended(err)
		}
		o.unsure = false
	}
}

func (o *owner) step(ctx context.Context, random *rand.Rand) (err error) {
	labels := map[string]string{"role": fmt.Sprintf("r%d", random.IntN(6))}
	switch dice := random.IntN(10); {
	case !o.there:
		_, err = o.api.AddEndpoint(ctx, api.EndpointSpec{Name: o.name, Netns: o.container.Path, Labels: labels})
		o.there, o.labels = true, labels
	case dice < 5:
		_, err = o.api.RelabelEndpoint(ctx, o.name, labels)
		o.labels = labels
	case dice < 7:
		_, err = o.api.RegenerateEndpoint(ctx, o.name)
	default:
		err = o.api.DeleteEndpoint(ctx, o.name)
		o.there = false
	}
	return err
}

// check compares what is so with what the agent has said. It stays unsure of an endpoint that a killed agent was deleting: the
// next one finishes that.
func (o *owner) check(ctx context.Context) error {
	e, err := o.api.Endpoint(ctx, o.name)
	refused := new(api.Error)
	missing := errors.As(err, &refused) && refused.Status == http.StatusNotFound
	if err != nil && !missing {
		return err
	}
	if o.unsure && e.State == "deleting" {
		return nil
	}
	if o.unsure {
		o.unsure, o.there, o.labels = false, !missing, e.Labels
	}
	if o.there == missing || o.there && !maps.Equal(e.Labels, o.labels) {
		return fmt.Errorf("%w: endpoint %s: missing is %t, labels are %v, but it was said: there is %t, with %v",
			errBrokenWord, o.name, missing, e.Labels, o.there, o.labels)
	}
	return nil
}

var errBrokenWord = errors.New("the agent does not keep its word")

// ended is what remains of an error when the agent was killed: nothing, if it was only that.
func ended(err error) error {
	if errors.As(err, new(*api.Error)) || errors.Is(err, errBrokenWord) {
		return err
	}
	return nil
}
