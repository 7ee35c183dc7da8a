// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"context"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/process"
)

// moment is the state of agent and etcd, with counters that only grow.
type moment struct {
	at       time.Time
	cpu      time.Duration // of the agent, user and system
	resident float64       // bytes
	status   api.Status
	etcd     metrics
}

func (s *stage) now(ctx context.Context) (m moment, err error) {
	if m.status, err = s.agent.Status(ctx); err != nil {
		return m, err
	}
	if m.etcd, err = scrape(s.node.HTTPClient()); err != nil {
		return m, err
	}
	if m.cpu, err = cpuTime(s.agent.PID()); err != nil {
		return m, err
	}
	m.resident, err = process.Resident(s.agent.PID())
	m.at = time.Now()
	return m, err
}

// restart measures how long an agent takes from its start until it answers.
func (s *stage) restart(ctx context.Context, phase string) error {
	s.agent.Kill()
	begun := time.Now()
	if err := s.agent.Restart(ctx); err != nil {
		return err
	}
	s.table.note(phase, "agent: start until it answers", "ms", float64(time.Since(begun).Milliseconds()))
	cpu, err := cpuTime(s.agent.PID())
	s.table.note(phase, "agent: CPU until then", "ms", float64(cpu.Milliseconds()))
	return err
}

// watch measures what is so at the end of something, and what happened meanwhile.
func (s *stage) watch(ctx context.Context, phase string, do func(context.Context) error) error {
	before, err := s.now(ctx)
	if err != nil {
		return err
	}
	if err := do(ctx); err != nil {
		return err
	}
	after, err := s.now(ctx)
	if err != nil {
		return err
	}
	seconds := after.at.Sub(before.at).Seconds()
	note := func(what, unit string, value float64) { s.table.note(phase, what, unit, value) }
	rate := func(what, unit, metric string, scale float64) {
		note(what, unit, (after.etcd[metric]-before.etcd[metric])/seconds*scale)
	}
	note("agent: resident memory", "MB", after.resident/1e6)
	note("agent: kernel memory of maps", "MB", float64(after.status.MapBytes)/1e6)
	for _, m := range after.status.Maps {
		if m.Name == "addresses" || m.Name == "outside" {
			note("agent: entries of map "+m.Name, "", float64(m.Entries))
		}
	}
	note("agent: rows of policy tables", "", float64(after.status.Tables.Rows))
	note("agent: nodes that it knows, itself included", "", float64(after.status.Nodes[api.NodeLive]))
	note("agent: of these do not answer", "", float64(after.status.Silent))
	note("agent: CPU", "ms/s", (after.cpu-before.cpu).Seconds()*1000/seconds)
	note("etcd: keys of Hypha", "", float64(after.status.Store.Keys))
	note("etcd: database", "MB", float64(after.status.Store.Bytes)/1e6)
	note("etcd: resident memory", "MB", after.etcd["process_resident_memory_bytes"]/1e6)
	rate("etcd: CPU", "ms/s", "process_cpu_seconds_total", 1000)
	rate("etcd: writes", "/s", "etcd_server_proposals_applied_total", 1)
	rate("etcd: lease renewals", "/s", "etcd_debugging_lease_renewed_total", 1)
	rate("etcd: watch events sent", "/s", "etcd_debugging_mvcc_events_total", 1)
	rate("etcd: received from clients", "kB/s", "etcd_network_client_grpc_received_bytes_total", 1e-3)
	rate("etcd: sent to clients", "kB/s", "etcd_network_client_grpc_sent_bytes_total", 1e-3)
	return nil
}
