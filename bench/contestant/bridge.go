// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// bridge is what container engines use, without any rule.
func bridge(_ context.Context, s Setting) (*Way, error) {
	node, path, err := bridged(s, "bridge")
	if err != nil {
		return nil, err
	}
	if err := node.Do(func() error { return filterBridged("0") }); err != nil && !errors.Is(err, ErrAbsent) {
		return nil, err
	}
	return &Way{Path: path}, nil
}

// bridged is a node whose two cables end in a bridge.
func bridged(s Setting, name string) (*testbed.Namespace, load.Path, error) {
	node, path := wired(s, name)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "bridge"
	err := node.Do(func() error {
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
			return fmt.Errorf("%w: adding a bridge: %w", ErrAbsent, err)
		}
		return nil
	})
	if err != nil {
		return nil, path, err
	}
	master := node.Link(attrs.Name)
	for _, port := range []string{toClient, toServer} {
		slave := node.Link(port)
		if err := node.Do(func() error { return netlink.LinkSetMaster(slave, master) }); err != nil {
			return nil, path, fmt.Errorf("adding %s to the bridge: %w", port, err)
		}
	}
	node.Up(attrs.Name)
	return node, path, nil
}

// filterBridged says whether iptables see the bridged packets of the calling thread's namespace. ErrAbsent
// if they never do, because the kernel has no br_netfilter.
func filterBridged(value string) error {
	for _, family := range []string{"iptables", "ip6tables"} {
		err := os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-"+family, []byte(value), 0)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: the kernel module br_netfilter is not loaded", ErrAbsent)
		}
		if err != nil {
			return fmt.Errorf("setting whether %s sees bridged packets: %w", family, err)
		}
	}
	return nil
}
