// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"

	"github.com/hypha-net/hypha/internal/testbed"
)

// floor is a veth pair straight between the hosts: nothing that connects namespaces by veth can be faster.
func floor(_ context.Context, s Setting) (*Way, error) {
	client, server := host(s, "floor-client"), host(s, "floor-server")
	testbed.Connect(client, device, server, device)
	return &Way{Path: addressed(client, server)}, nil
}
