// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Somebody who manages the host's network takes parts of the router away, or all of it: the host reaches its container again.
func TestKeepRouter(t *testing.T) {
	n := newNode(t)
	n.set(n.spec(1).Identity, allow(identity.Host, identity.World), allow()) // nobody has told this datapath which addresses are the host's
	e, _ := n.connected(1, testbed.NewNamespace(t, "container"))
	for _, c := range []struct {
		name string
		take func() error
	}{
		{"nothing", func() error { return nil }},
		{"rules", func() error { return syncRouterRules(&netlink.Handle{}, nil) }},
		{"program", func() error { return n.detach(routerLink) }},
		{"device", func() error { return deleteLink(RouterHost) }},
	} {
		n.ns.Must(func() error { return errors.Join(c.take(), n.KeepRouter()) })
		if err := n.reaches(t, e.IPv6); err != nil {
			t.Errorf("%s taken: %v", c.name, err)
		}
	}
}

// reaches pings an address from the host until it answers: the first packets find a container whose interface is not up yet.
func (n *node) reaches(t *testing.T, to netip.Addr) (err error) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		answer, problem := n.ns.Ping(ctx, testbed.Ping{To: to})
		cancel()
		if err = problem; err == nil && answer.Reply() {
			return nil
		}
	}
	return fmt.Errorf("no answer from %s: %w", to, err)
}
