// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) endpointList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the endpoints of this node",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			endpoints, err := a.client().Endpoints(ctx)
			if err != nil {
				return err
			}
			return a.emit(endpoints, func(p *page) { p.table(p.endpointTable(endpoints)) })
		}),
	}
}

func (p *page) endpointTable(endpoints []api.Endpoint) *table {
	t := newTable(flex("NAME"), left("STATE"), right("IDENTITY"), left("IPV6"), left("IPV4"), flex("LABELS"))
	for _, e := range endpoints {
		t.add(e.Name, e.State, e.Identity.Number, addressText(e.IPv6, 0), addressText(e.IPv4, 0), identifyingLabels(e))
		if e.State == "failed" {
			t.colour(1, p.palette.red)
		}
	}
	return t
}

// identifyingLabels is the labels that policy goes by: the others, of which Compose alone writes eight on each
// container, are for endpoint show.
func identifyingLabels(e api.Endpoint) string {
	if e.Labels == nil {
		return knownLabels(nil)
	}
	return labelText(e.IdentityLabels)
}

// knownLabels tells no labels from labels that are not known yet.
func knownLabels(set map[string]string) string {
	if set == nil {
		return "(not known yet)"
	}
	return labelText(set)
}

func (a *app) endpointShow() *cobra.Command {
	rows := api.DefaultRows
	c := &cobra.Command{
		Use:               "show NAME",
		Short:             "Show an endpoint, its policy tables and what its programs were tailored to",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeEndpoint,
		RunE: a.run(func(ctx context.Context, args []string) error {
			endpoint, err := a.client().EndpointRows(ctx, args[0], rows)
			if err != nil {
				return err
			}
			return a.emit(endpoint, func(p *page) { p.endpoint(endpoint) })
		}),
	}
	c.Flags().Var(number(&rows, 0), "rows", fmt.Sprintf("show this many rows of a table; 0 shows all (default %d)", rows))
	return c
}

func (p *page) endpoint(e api.Endpoint) {
	p.linef("%s  %s%s", p.palette.bold(clean(e.Name)), e.State, remark(e.Message))
	p.linef("")
	p.field("id", "%d, owned by %s, since %s", e.ID, e.Owner, e.Created.Local().Format(time.DateTime))
	if e.Container != "" {
		p.field("container", "%s, network %s", clean(e.Container), clean(dash(e.Network)))
	}
	if e.Netns != "" {
		p.field("netns", "%s", clean(e.Netns))
	}
	p.field("labels", "%s", knownLabels(e.Labels))
	p.field("identity", "%d: %s", e.Identity.Number, identityText(e.Identity))
	p.field("addresses", "%s", addressesText(e))
	p.field("interface", "%s inside, %s on the host, MAC %s, MTU %d", dash(e.PeerInterface), dash(e.Interface), dash(e.MAC), e.MTU)
	if e.Trace {
		p.field("trace", "%s", p.palette.yellow("on"))
	}
	if e.Policy != nil {
		p.endpointPolicy(*e.Policy)
	}
	if len(e.Programs) > 0 {
		p.linef("")
		p.table(programTable(e.Programs))
	}
}

func (p *page) endpointPolicy(policy api.EndpointPolicy) {
	p.field("policy", "revision %d, generation %d; %s", policy.Revision, policy.Generation, enforcementText(policy))
	p.field("table", "%s from peers, %s to those outside of the cluster, %s of kernel memory",
		countText(policy.Ingress.TotalRows, "row", "rows"), countText(policy.Egress.TotalRows, "row", "rows"), bytesText(policy.Bytes))
	p.policyTable("ingress", "FROM", policy.Ingress)
	p.policyTable("egress", "TO (outside the cluster)", policy.Egress)
}

func enforcementText(policy api.EndpointPolicy) string {
	switch in, out := policy.EnforcedIngress, policy.EnforcedEgress; {
	case policy.Audit:
		return "audit: reported, not enforced"
	case in && out:
		return "ingress and egress enforced"
	case in:
		return "ingress enforced"
	case out:
		return "egress enforced"
	}
	return "not enforced: no rule selects it"
}

func programTable(programs []api.Program) *table {
	t := newTable(left("PROGRAM"), right("TEMPLATE"), right("IN KERNEL"), right("JIT BYTES"), right("VERIFIED"), right("LOADED IN"))
	for _, q := range programs {
		t.add(q.Name, q.TemplateInstructions, q.Instructions, q.JITBytes, q.VerifiedInstructions, time.Duration(q.LoadMicroseconds)*time.Microsecond)
	}
	return t
}
