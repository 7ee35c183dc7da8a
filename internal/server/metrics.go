// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hypha-net/hypha/api"
)

// scrapeTimeout bounds what one scrape may ask of the agent.
const scrapeTimeout = 10 * time.Second

// metricsHandler answers Prometheus from the same data as `hypha status`.
func metricsHandler(agent Meter, log *slog.Logger) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(statusCollector{agent}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ErrorHandling: promhttp.ContinueOnError,
	})
}

var (
	infoDesc       = desc("info", "1, with the agent's version and node.", "version", "node")
	healthyDesc    = desc("store_healthy", "1 if the cluster's store answers.")
	endpointsDesc  = desc("endpoints", "Endpoints of this node by state.", "state")
	nodesDesc      = desc("nodes", "Nodes of the cluster, as this one sees them, by state.", "state")
	silentDesc     = desc("nodes_silent", "Nodes of the cluster that do not answer this one.")
	bgpDesc        = desc("bgp_session_established", "1 if the session with a BGP peer is.", "peer")
	announcedDesc  = desc("bgp_announced_prefixes", "Prefixes that a BGP peer is told.", "peer")
	revisionDesc   = desc("policy_revision", "Revision of the policies in force.")
	rulesDesc      = desc("policy_rules", "Rules of the policies in force.")
	problemsDesc   = desc("problems", "Things that hypha status says somebody should look at.")
	entriesDesc    = desc("map_entries", "Entries of a BPF map.", "map")
	maxDesc        = desc("map_max_entries", "Entries that a BPF map has room for.", "map")
	memoryDesc     = desc("map_memory_bytes", "Kernel memory of a BPF map.", "map")
	allMemoryDesc  = desc("maps_memory_bytes", "Kernel memory of all BPF maps, the policy tables' included.")
	packetsDesc    = desc("forwarded_packets_total", "Packets forwarded.")
	bytesDesc      = desc("forwarded_bytes_total", "Bytes of the packets forwarded.")
	dropsDesc      = desc("dropped_packets_total", "Packets dropped by reason.", "reason")
	dropBytesDesc  = desc("dropped_bytes_total", "Bytes of the packets dropped by reason.", "reason")
	emittedDesc    = desc("events_total", "Events that the kernel handed to the agent.")
	lostDesc       = desc("events_lost_total", "Events that found the ring buffer full.")
	suppressedDesc = desc("events_suppressed_total", "Events that the kernel's rate limit held back.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("hypha_"+name, help, labels, nil)
}

// statusCollector turns api.Status, and what the rules decided, into metrics.
type statusCollector struct{ agent Meter }

// Describe sends nothing: which metrics there are depends on the status.
func (statusCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c statusCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	status, rules, err := c.agent.Measure(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(infoDesc, err)
		return
	}
	collectNode(out, status)
	collectDatapath(out, status)
	collectTables(out, status)
	collectRules(out, rules)
}

func collectNode(out chan<- prometheus.Metric, status api.Status) {
	gauge(out, infoDesc, 1, status.Version, status.Node.Name)
	gauge(out, healthyDesc, oneIf(status.Store.Healthy))
	gauge(out, revisionDesc, float64(status.Policy.Revision))
	gauge(out, rulesDesc, float64(status.Policy.Rules))
	gauge(out, problemsDesc, float64(len(status.Problems)))
	gauge(out, silentDesc, float64(status.Silent))
	for state, n := range status.Nodes {
		gauge(out, nodesDesc, float64(n), state)
	}
	for _, session := range status.BGP.Sessions {
		gauge(out, bgpDesc, oneIf(session.Established), session.Peer.String())
		gauge(out, announcedDesc, float64(len(session.Announced)), session.Peer.String())
	}
	for state, n := range status.Endpoints {
		gauge(out, endpointsDesc, float64(n), state)
	}
}

func collectDatapath(out chan<- prometheus.Metric, status api.Status) {
	for _, m := range status.Maps {
		gauge(out, entriesDesc, float64(m.Entries), m.Name)
		gauge(out, maxDesc, float64(m.Max), m.Name)
		gauge(out, memoryDesc, float64(m.Bytes), m.Name)
	}
	gauge(out, allMemoryDesc, float64(status.MapBytes))
	counter(out, packetsDesc, status.Forwarded.Packets)
	counter(out, bytesDesc, status.Forwarded.Bytes)
	for _, drop := range status.Drops {
		counter(out, dropsDesc, drop.Packets, drop.Reason)
		counter(out, dropBytesDesc, drop.Bytes, drop.Reason)
	}
	counter(out, emittedDesc, status.Events.Emitted)
	counter(out, lostDesc, status.Events.Lost)
	counter(out, suppressedDesc, status.Events.Suppressed)
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func counter(out chan<- prometheus.Metric, d *prometheus.Desc, value uint64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
