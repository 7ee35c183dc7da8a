// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"time"
)

// Member is a machine with one member of an etcd cluster on it.
type Member struct {
	*Node
	*Process
	name    string
	program string
	args    []string
	log     string
}

// newMembers makes machines for so many members, and starts them.
func newMembers(w *World, program string, count int, dir string) (members []*Member) {
	w.tb.Helper()
	var initial []string
	for i := range count {
		name := fmt.Sprintf("etcd%d", i+1)
		m := &Member{Node: w.NewNode(name), name: name, program: program, log: filepath.Join(dir, name+".log")}
		members, initial = append(members, m), append(initial, name+"="+m.url(2380))
	}
	for _, m := range members {
		m.args = []string{
			"--name", m.name, "--data-dir", filepath.Join(dir, m.name), "--log-level", "warn",
			"--listen-peer-urls", m.url(2380), "--initial-advertise-peer-urls", m.url(2380),
			"--listen-client-urls", m.url(2379), "--advertise-client-urls", m.url(2379),
			"--initial-cluster", strings.Join(initial, ","), "--initial-cluster-state", "new",
			"--unsafe-no-fsync", // a process is killed here, never a machine
		}
		m.Launch()
	}
	return members
}

// url is where the member listens.
func (m *Member) url(port uint16) string {
	return "http://" + netip.AddrPortFrom(m.IPv6, port).String()
}

// Launch starts the member, for the first time or again.
func (m *Member) Launch() {
	m.tb.Helper()
	var err error
	if m.Process, err = m.Daemon(m.log, m.program, m.args...); err != nil {
		m.tb.Fatalf("%v", err)
	}
}

// Leads reports whether the member says that it is the leader.
func (m *Member) Leads() bool {
	client := m.HTTPClient()
	client.Timeout = 5 * time.Second
	answer, err := client.Post(m.url(2379)+"/v3/maintenance/status", "application/json", strings.NewReader("{}"))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var state struct {
		Header struct {
			Member string `json:"member_id"`
		}
		Leader string
	}
	err = json.NewDecoder(answer.Body).Decode(&state)
	return err == nil && state.Leader != "" && state.Leader == state.Header.Member
}

// healthy returns why the member does not serve, nil if it does: then a quorum does.
func (m *Member) healthy() error {
	client := m.HTTPClient()
	client.Timeout = 5 * time.Second
	answer, err := client.Get(m.url(2379) + "/health")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var state struct{ Health, Reason string }
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil || answer.StatusCode != http.StatusOK || state.Health != "true" {
		return fmt.Errorf("%s: %+v, %w", answer.Status, state, err)
	}
	return nil
}
