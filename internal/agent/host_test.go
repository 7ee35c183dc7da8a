// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"strings"
	"testing"
)

// Containers of a subnet of its own reach the world as soon as there are any: nobody waits for the next look at the host.
func TestNewSubnetIsMasqueraded(t *testing.T) {
	m, inside := newMachine(t)
	if !inside {
		return
	}
	const subnet = "172.31.77.0/24"
	masqueraded := func() error {
		if !strings.Contains(m.run("nft", "list", "ruleset"), subnet) {
			return errors.New("no rule is about it")
		}
		return nil
	}
	m.docker("network", "create", "-d", "hypha", "--ipam-driver", "hypha", "--subnet", subnet, "own")
	m.eventually("a new subnet is masqueraded", masqueraded)
	m.docker("network", "rm", "own")
	m.eventually("one that is gone is not", func() error {
		if masqueraded() == nil {
			return errors.New("it still is")
		}
		return nil
	})
}
