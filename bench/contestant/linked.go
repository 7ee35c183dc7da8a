// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/hypha-net/hypha/internal/testbed"
)

// ErrNoLink is returned if a device's program did not get its link in time.
var ErrNoLink = errors.New("its program has no link")

// linkPatience is many times what an agent leaves a new endpoint's program without one, see docs/decisions/0013.
const linkPatience = 30 * time.Second

// linked waits until the programs at the ingress of a node's devices are where they stay.
func linked(ctx context.Context, node *testbed.Namespace, devices ...string) error {
	ctx, cancel := context.WithTimeout(ctx, linkPatience)
	defer cancel()
	for _, device := range devices {
		index := node.Link(device).Attrs().Index
		for {
			there, err := isLinked(node, index)
			if err != nil {
				return fmt.Errorf("looking for the program of %s: %w", device, err)
			}
			if there {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("device %s: %w", device, ErrNoLink)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

func isLinked(node *testbed.Namespace, index int) (there bool, err error) {
	err = node.Do(func() error {
		list, err := link.QueryPrograms(link.QueryOptions{Target: index, Attach: ebpf.AttachTCXIngress})
		there = err == nil && len(list.Programs) > 0
		return err
	})
	return there, err
}
