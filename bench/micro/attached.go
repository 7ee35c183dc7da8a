// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/bench/contestant"
)

// attached opens the programs at the tcx ingress of all of a node's devices: those that a packet runs
// into. What they call, tail calls too, counts as theirs. The caller closes them.
func attached(p *contestant.Programs) (found []*ebpf.Program, err error) {
	err = p.Node.Do(func() error {
		links, err := netlink.LinkList()
		if err != nil {
			return fmt.Errorf("listing devices: %w", err)
		}
		for _, l := range links {
			programs, err := ingress(l.Attrs().Index)
			found = append(found, programs...)
			if err != nil {
				return fmt.Errorf("looking for the programs of %s: %w", l.Attrs().Name, err)
			}
		}
		return nil
	})
	if err != nil {
		closeAll(found)
	}
	return found, err
}

// at opens the one program at the ingress of the device of that name.
func at(p *contestant.Programs, device string) (program *ebpf.Program, err error) {
	index := p.Node.Link(device).Attrs().Index
	var found []*ebpf.Program
	err = p.Node.Do(func() (err error) {
		found, err = ingress(index)
		return err
	})
	if err == nil && len(found) != 1 {
		err = errors.New("there should be one")
	}
	if err != nil {
		closeAll(found)
		return nil, fmt.Errorf("looking for the program of %s: %w", device, err)
	}
	return found[0], nil
}

// ingress opens the programs of a device of the calling thread's namespace.
func ingress(index int) (found []*ebpf.Program, err error) {
	list, err := link.QueryPrograms(link.QueryOptions{Target: index, Attach: ebpf.AttachTCXIngress})
	if err != nil {
		return nil, err
	}
	for _, one := range list.Programs {
		program, err := ebpf.NewProgramFromID(one.ID)
		if err != nil {
			return found, err
		}
		found = append(found, program)
	}
	return found, nil
}

func closeAll(programs []*ebpf.Program) {
	for _, p := range programs {
		p.Close()
	}
}
