// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) nodeCommand() *cobra.Command {
	return group("node", "Show the nodes of the cluster", a.nodeList(), a.nodeDelete())
}

func (a *app) nodeList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the nodes of the cluster",
		Long: "List the nodes of the cluster, as this one sees them.\n\n" +
			"live: it keeps its place in the store; adrift: it does not, but answers; gone: it has\n" +
			"a name and a number, and no more. RTT is the round trip to it, just now or lately,\n" +
			"DATAPATH that of packets that take the way of its endpoints'.",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			nodes, err := a.client().Nodes(ctx)
			if err != nil {
				return err
			}
			return a.emit(nodes, func(p *page) { p.nodes(nodes) })
		}),
	}
}

func (p *page) nodes(nodes []api.Node) {
	t := newTable(right("NUMBER"), flex("NAME"), left("STATE"), left("IPV6"), left("IPV4"), flex("REACHED BY"), right("RTT"),
		right("DATAPATH"), right("UP"), right("REVISION"), flex("VERSION"), left("MODE"))
	for _, n := range nodes {
		t.add(n.Number, n.Name, dash(n.State), prefixText(n.Prefix6), prefixText(n.Prefix4), dash(addressList(n.Addresses)),
			tripText(n), wayText(n.Reach.Datapath), upText(n), revisionText(n), dash(n.Version), dash(n.Datapath))
		if n.State != api.NodeLive || silent(n.Reach.NodeWay) || silent(n.Reach.Datapath) {
			t.colour(2, p.palette.red)
		}
	}
	p.table(t)
}

// silent says that no answer comes by a way.
func silent(w api.NodeWay) bool { return w.Asked && !w.Answers }

func addressList(addresses []netip.Addr) string {
	var texts []string
	for _, address := range addresses {
		texts = append(texts, address.String())
	}
	return strings.Join(texts, " ")
}

func tripText(n api.Node) string {
	if n.Self {
		return "self"
	}
	return wayText(n.Reach.NodeWay)
}

// wayText is the time that an answer took, "none" where none came.
func wayText(w api.NodeWay) string {
	switch {
	case w.Answers:
		return (time.Duration(w.RoundTripMicroseconds) * time.Microsecond).String()
	case w.Asked:
		return "none"
	}
	return "-"
}

// upText is how long the node's agent has run, by its own word.
func upText(n api.Node) string {
	if !n.Reach.Answers {
		return "-"
	}
	return durationText(n.Reach.UptimeSeconds)
}

// revisionText is the revision that the node enforces, and how far behind that is.
func revisionText(n api.Node) string {
	switch {
	case n.Revision == 0:
		return "-"
	case n.Behind > 0:
		return fmt.Sprintf("%d (%d behind)", n.Revision, n.Behind)
	}
	return fmt.Sprint(n.Revision)
}

func (a *app) nodeDelete() *cobra.Command {
	return &cobra.Command{
		Use:   "delete NAME",
		Short: "Give up the name and the number of a node that is gone for good",
		Long: "Give up the name and the number of a node that is gone for good. Its addresses are\n" +
			"given to other nodes when there are no others left.",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeNode,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if err := a.client().DeleteNode(ctx, args[0]); err != nil {
				return err
			}
			answer := map[string]string{"deleted": args[0]}
			return a.emit(answer, func(p *page) { p.linef("node %s is deleted", clean(args[0])) })
		}),
	}
}
