// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Forwarding switches the host's IP forwarding on, and remembers in a file what it has changed, so that
// it can be switched back.
type Forwarding struct {
	File string // where the record is kept; survives restarts
}

// Sync switches forwarding on for IPv4 and, where the kernel has it, IPv6. Interfaces that listen to
// router advertisements go on listening: a router does not, unless it is told to (accept_ra 2).
func (f Forwarding) Sync() error {
	record, err := f.load()
	if err != nil {
		return err
	}
	want, err := forwardingSettings()
	if err != nil {
		return err
	}
	added := false
	for _, w := range want {
		known := slices.ContainsFunc(record, func(c changed) bool { return c.Sysctl == w.Sysctl })
		if !known && w.Before != w.Ours {
			record, added = append(record, w), true
		}
	}
	// The record first: what is not in it would never be put back.
	if added {
		if err := f.save(record); err != nil {
			return err
		}
	}
	for _, w := range want {
		if err := writeSysctl(w.Sysctl, w.Ours); err != nil {
			return err
		}
	}
	return nil
}

// Restore puts back what Sync has changed, last change first, unless somebody has changed it
// since, and forgets the record. No record is no error.
func (f Forwarding) Restore() error {
	record, err := f.load()
	if err != nil {
		return err
	}
	for _, c := range slices.Backward(record) {
		now, err := readSysctl(c.Sysctl)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the interface is gone
		}
		if err != nil {
			return err
		}
		if now != c.Ours {
			continue
		}
		if err := writeSysctl(c.Sysctl, c.Before); err != nil {
			return err
		}
	}
	if err := os.Remove(f.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting changed sysctls: %w", err)
	}
	return nil
}

// forwardingSettings is what forwarding needs, in the order in which it must be set, with the values of now.
func forwardingSettings() ([]changed, error) {
	v4, err := setting("net/ipv4/ip_forward", "1")
	if err != nil {
		return nil, err
	}
	v6, err := setting("net/ipv6/conf/all/forwarding", "1")
	if errors.Is(err, fs.ErrNotExist) {
		return []changed{v4}, nil // a kernel without IPv6
	}
	if err != nil {
		return nil, err
	}
	listening, err := routerAdvertisements()
	return append(listening, v4, v6), err
}

// routerAdvertisements are the settings that keep interfaces listening which listen now.
func routerAdvertisements() (settings []changed, err error) {
	entries, err := os.ReadDir(sysctls + "/net/ipv6/conf")
	if err != nil {
		return nil, fmt.Errorf("listing interfaces with IPv6: %w", err)
	}
	for _, e := range entries {
		if name := e.Name(); name == "all" || name == "default" || strings.HasPrefix(name, "hyp") {
			continue
		}
		accept, err := setting("net/ipv6/conf/"+e.Name()+"/accept_ra", "2")
		if errors.Is(err, fs.ErrNotExist) {
			continue // the interface went meanwhile
		}
		if err != nil {
			return nil, err
		}
		forwards, err := readSysctl("net/ipv6/conf/" + e.Name() + "/forwarding")
		if err == nil && forwards == "0" && accept.Before == "1" {
			settings = append(settings, accept)
		}
	}
	return settings, nil
}

func setting(key, ours string) (changed, error) {
	before, err := readSysctl(key)
	return changed{key, before, ours}, err
}
