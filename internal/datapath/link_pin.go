// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/hypha-net/hypha/internal/endpoint"
)

const routerLink = "router"

func linkName(id endpoint.ID) string { return strconv.Itoa(int(id)) }

func (d *Datapath) linkPin(name string) string { return filepath.Join(linksDir(d.config.Dir), name) }

// attach makes program the one at the ingress of the device that has this name now.
func (d *Datapath) attach(name, device string, program *ebpf.Program) error {
	index, err := indexOf(device)
	if err != nil {
		return err
	}
	return d.attachTo(name, index, program)
}

// attachTo makes program the one at the ingress of a device, by a link that is pinned under a name.
func (d *Datapath) attachTo(name string, device int, program *ebpf.Program) error {
	if linked, err := d.updateLink(name, device, program); linked || err != nil {
		return err
	}
	return d.makeLink(name, device, program)
}

// updateLink makes program that of the pinned link, if there is one and it is of this device: there is no moment without a program. One whose
// device is gone, or another, is removed.
func (d *Datapath) updateLink(name string, device int, program *ebpf.Program) (linked bool, err error) {
	pin := d.linkPin(name)
	have, err := link.LoadPinnedLink(pin, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening pinned link %s: %w", pin, err)
	}
	defer have.Close()
	if attachedTo(have) != device {
		if err := have.Unpin(); err != nil {
			return false, fmt.Errorf("removing the link of an interface that is gone: %w", err)
		}
		return false, nil
	}
	if err := have.Update(program); err != nil {
		return false, fmt.Errorf("replacing the program at interface %d: %w", device, err)
	}
	return true, nil
}

// makeLink attaches program to the ingress of a device, where it comes before all filters, and pins the link.
func (d *Datapath) makeLink(name string, device int, program *ebpf.Program) error {
	made, err := link.AttachTCX(link.TCXOptions{Interface: device, Program: program, Attach: ebpf.AttachTCXIngress})
	if err != nil {
		return fmt.Errorf("attaching to the ingress of interface %d (tcx, Linux 6.6): %w", device, err)
	}
	defer made.Close()
	if err := made.Pin(d.linkPin(name)); err != nil {
		return fmt.Errorf("pinning the link of interface %d: %w", device, err)
	}
	return nil
}

// isAttached says whether a link's program is at the device that has this name now.
func (d *Datapath) isAttached(name, device string) bool {
	index, err := indexOf(device)
	return err == nil && d.isAttachedTo(name, index)
}

func (d *Datapath) isAttachedTo(name string, index int) bool {
	have, err := link.LoadPinnedLink(d.linkPin(name), nil)
	if err != nil {
		return false
	}
	defer have.Close()
	return attachedTo(have) == index
}

// attachedTo is the interface index of a link, 0 if its device is gone.
func attachedTo(l link.Link) int {
	info, err := l.Info()
	if err != nil {
		return 0
	}
	if tcx := info.TCX(); tcx != nil {
		return int(tcx.Ifindex)
	}
	return 0
}

// detach unpins a link, and so takes its program off. A missing one is no error.
func (d *Datapath) detach(name string) error {
	if err := os.Remove(d.linkPin(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing pinned link %s: %w", name, err)
	}
	return nil
}
