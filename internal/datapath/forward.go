// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/coreos/go-iptables/iptables"
)

// Forward lets packets of containers pass the iptables FORWARD chain. Docker, and many a firewall,
// gives it the policy DROP; our own policy has judged those packets already. A machine without
// iptables, or whose chain accepts, is left alone.
//
// Docker may come at any time, so Sync is to be called again now and then.
type Forward struct{}

// Sync inserts the rules where they are needed and missing.
func (Forward) Sync() error {
	return eachIPTables(func(t *iptables.IPTables) error {
		rules, err := t.List("filter", "FORWARD")
		if err != nil {
			return err
		}
		if !closed(rules) {
			return nil
		}
		for _, rule := range acceptRules() {
			if err := t.InsertUnique("filter", "FORWARD", 1, rule...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove deletes the rules. Missing ones are no error.
func (Forward) Remove() error {
	return eachIPTables(func(t *iptables.IPTables) error {
		rules, err := t.List("filter", "FORWARD")
		if err != nil || !slices.ContainsFunc(rules, func(r string) bool { return strings.Contains(r, RouterHost) }) {
			return err
		}
		for _, rule := range acceptRules() {
			if err := t.DeleteIfExists("filter", "FORWARD", rule...); err != nil {
				return err
			}
		}
		return nil
	})
}

// closed says whether a FORWARD chain, as `iptables -S` prints it, drops by policy or belongs to Docker,
// which sets that policy later.
func closed(rules []string) bool {
	return slices.ContainsFunc(rules, func(r string) bool {
		return r == "-P FORWARD DROP" || strings.Contains(r, "-j DOCKER")
	})
}

func acceptRules() [][]string {
	why := []string{"-m", "comment", "--comment", "hypha: its own policy has judged these", "-j", "ACCEPT"}
	return [][]string{
		append([]string{"-i", RouterHost}, why...),
		append([]string{"-o", RouterHost}, why...),
	}
}

// eachIPTables calls f for iptables and ip6tables, for those that are installed.
func eachIPTables(f func(*iptables.IPTables) error) error {
	for _, protocol := range []iptables.Protocol{iptables.ProtocolIPv4, iptables.ProtocolIPv6} {
		t, err := iptables.NewWithProtocol(protocol)
		if errors.Is(err, exec.ErrNotFound) {
			continue
		}
		if err == nil {
			err = f(t)
		}
		if err != nil {
			return fmt.Errorf("letting containers' packets pass the FORWARD chain: %w", err)
		}
	}
	return nil
}
