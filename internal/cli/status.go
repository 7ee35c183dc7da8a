// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show whether this node is well, and if not, why",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			status, err := a.client().Status(ctx)
			if err != nil {
				return err
			}
			return a.emit(status, func(p *page) { p.status(status) })
		}),
	}
}

func (p *page) status(s api.Status) {
	p.linef("%s", p.palette.bold(clean(fmt.Sprintf("hypha %s on node %s (number %d), up %s",
		s.Version, s.Node.Name, s.Node.Number, durationText(s.UptimeSeconds)))))
	for _, problem := range s.Problems {
		p.linef("%s %s", p.palette.red("problem:"), clean(problem))
	}
	p.linef("")
	p.field("IPv6", "%s, gateway %s", prefixText(s.Node.Prefix6), addressText(s.Node.Router6, 0))
	p.field("IPv4", "%s", ipv4Text(s.Node))
	p.field("store", "%s", p.storeText(s.Store))
	p.field("Docker", "%s", dockerText(s.Docker))
	p.field("policy", "revision %d: %s, %s; enforced: %s", s.Policy.Revision,
		countText(s.Policy.Policies, "policy", "policies"), countText(s.Policy.Rules, "rule", "rules"), s.Policy.Enforce)
	p.field("tables", "%s, %s, %s of kernel memory", countText(s.Tables.Tables, "identity's", "identities'"),
		countText(s.Tables.Rows, "row", "rows"), bytesText(s.Tables.Bytes))
	p.field("maps", "%s of kernel memory altogether", bytesText(s.MapBytes))
	p.field("counters", "%d of %d in use", s.Counters.Used, s.Counters.Max)
	if s.Store.Mode == "external" {
		p.field("nodes", "%s", stateCounts(s.Nodes))
	}
	if s.BGP.ASN != 0 {
		p.field("BGP", "%s", bgpText(s.BGP))
	}
	p.field("endpoints", "%s", stateCounts(s.Endpoints))
	p.field("forwarded", "%s, %s", countText(s.Forwarded.Packets, "packet", "packets"), bytesText(s.Forwarded.Bytes))
	p.field("events", "%d emitted, %d lost, %d suppressed", s.Events.Emitted, s.Events.Lost, s.Events.Suppressed)

	for _, t := range []*table{p.bgpTable(s.BGP.Sessions), dropTable(s.Drops), p.mapTable(s.Maps), p.featureTable(s.Features)} {
		if len(t.rows) > 0 {
			p.linef("")
			p.table(t)
		}
	}
}

// field prints a name and what follows it, lined up with its neighbours.
func (p *page) field(name, format string, args ...any) {
	p.linef("%-10s  %s", name, fmt.Sprintf(format, args...))
}

func ipv4Text(n api.Node) string {
	if !n.Prefix4.IsValid() {
		return "off"
	}
	return fmt.Sprintf("%s, gateway %s", n.Prefix4, addressText(n.Router4, 0))
}

func (p *page) storeText(s api.StoreStatus) string {
	health := p.palette.green("healthy")
	if !s.Healthy {
		health = p.palette.red("not healthy")
	}
	text := fmt.Sprintf("%s, %s, %s, %s", s.Mode, health, countText(s.Keys, "key", "keys"), bytesText(s.Bytes))
	return text + remark(s.Message)
}

func dockerText(d api.DockerStatus) string {
	text := d.State
	if d.Version != "" {
		text += ", Engine API " + clean(d.Version)
	}
	return text + remark(d.Message)
}

func remark(message string) string {
	if message == "" {
		return ""
	}
	return ": " + clean(message)
}

func stateCounts(byState map[string]int) string {
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(byState)) {
		parts = append(parts, fmt.Sprintf("%d %s", byState[state], clean(state)))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
