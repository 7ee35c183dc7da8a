// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

// A container's namespace takes the interface with it when it goes, and both ends are made anew for the next one: the
// same endpoint, the same tables, another device.
func TestApplyToAnInterfaceMadeAnew(t *testing.T) {
	n := newNode(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var last uint32
	for _, name := range []string{"first", "second"} {
		container := testbed.NewNamespace(t, name)
		e, report := n.connected(1, container)
		n.wantInfo(t, e, n.state(1))
		if report.Generation == last {
			t.Errorf("the %s interface has verdicts of the one before it", name)
		}
		last = report.Generation

		// Nobody but the program answers there: the host's side has no IPv6.
		if answer, err := container.Ping(ctx, testbed.Ping{To: n.config.Router.IPv6}); err != nil || !answer.Reply() {
			t.Errorf("the gateway's answer to the %s interface: %+v, %v", name, answer, err)
		}
		n.ns.Must(e.Link.Delete)
	}
}
