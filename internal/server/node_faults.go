// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"io/fs"

	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/ipam"
	"github.com/hypha-net/hypha/internal/kubernetes"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/netns"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// faults says which errors of an agent are the request's, and of what kind. The others are the agent's own.
var faults = []struct {
	kind   error
	errors []error
}{
	{ErrNotFound, []error{agent.ErrNoEndpoint, agent.ErrNoPolicy, store.ErrNoRevision, store.ErrNoNode}},
	{ErrConflict, []error{agent.ErrNameTaken, agent.ErrForeign, store.ErrNodePresent, datapath.ErrInterfaceExists, datapath.ErrRouteExists}},
	{ErrUnavailable, []error{store.ErrUnavailable, store.ErrNumbersExhausted, ipam.ErrExhausted, agent.ErrNoID}},
	{ErrInvalid, []error{
		agent.ErrQuestion, agent.ErrTooManyPrefixes, endpoint.ErrName, endpoint.ErrInvalid, netns.ErrNotNamespace, fs.ErrNotExist,
		labels.ErrTooLarge, labels.ErrEmptyKey, labels.ErrSyntax,
		policy.ErrInputTooLarge, policy.ErrEmpty, policy.ErrYAML, policy.ErrRule, policy.ErrName, policy.ErrSelector,
		policy.ErrCIDR, policy.ErrPort, policy.ErrPortRange, policy.ErrReversed, kubernetes.ErrNetworkPolicy, store.ErrTooLarge, store.ErrTwice,
		datapath.ErrTooManyPorts, datapath.ErrNoRoom,
	}},
}

// errStopping is said to whoever still waits when the agent ends. Who gave up waiting does not hear it.
var errStopping = errors.New("the agent is stopping: see what became of it when it runs again")

// faultOf marks an error of an agent as the kind of fault that it is; nil stays nil.
func faultOf(err error) error {
	if errors.Is(err, context.Canceled) {
		return Fault(ErrUnavailable, errStopping)
	}
	for _, f := range faults {
		for _, known := range f.errors {
			if errors.Is(err, known) {
				return Fault(f.kind, err)
			}
		}
	}
	return err
}
