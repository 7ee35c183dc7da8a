// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/labels"
)

func (a *app) endpointCommand() *cobra.Command {
	return group("endpoint", "Attach, show, relabel and detach endpoints",
		a.endpointAdd(), a.endpointList(), a.endpointShow(), a.endpointRelabel(), a.endpointTrace(),
		a.endpointRegenerate(), a.endpointDelete())
}

func (a *app) endpointAdd() *cobra.Command {
	var spec api.EndpointSpec
	var given string
	c := &cobra.Command{
		Use:   "add NAME --netns PATH",
		Short: "Attach a network namespace, no orchestrator needed",
		Example: "  ip netns add web\n" +
			"  hypha endpoint add web --netns /run/netns/web --labels role=web,env=prod",
		Args: needs("NAME"),
		RunE: a.run(func(ctx context.Context, args []string) (err error) {
			spec.Name = args[0]
			if spec.Labels, err = parseLabels(given); err != nil {
				return err
			}
			if spec.Netns, err = filepath.Abs(spec.Netns); err != nil {
				return fmt.Errorf("finding %s: %w", spec.Netns, err)
			}
			return a.changed(a.client().AddEndpoint(ctx, spec))
		}),
	}
	c.Flags().StringVar(&spec.Netns, "netns", "", "`PATH` of the network namespace")
	c.Flags().StringVar(&spec.Interface, "ifname", "eth0", "`NAME` of the interface inside")
	c.Flags().StringVar(&given, "labels", "", "`LABELS`: key=value,key=value")
	require(c, "netns")
	return c
}

func (a *app) endpointRelabel() *cobra.Command {
	var given string
	c := &cobra.Command{
		Use:               "relabel NAME --labels key=value,...",
		Short:             "Replace all labels of an endpoint",
		Example:           "  hypha endpoint relabel web --labels role=web,env=test",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeEndpoint,
		RunE: a.run(func(ctx context.Context, args []string) error {
			set, err := parseLabels(given)
			if err != nil {
				return err
			}
			return a.changed(a.client().RelabelEndpoint(ctx, args[0], set))
		}),
	}
	c.Flags().StringVar(&given, "labels", "", "the new `LABELS`; \"\" takes all away")
	require(c, "labels")
	return c
}

func (a *app) endpointTrace() *cobra.Command {
	return &cobra.Command{
		Use:     "trace NAME on|off",
		Short:   "Report every packet of an endpoint to hypha monitor, or stop that",
		Example: "  hypha endpoint trace web on\n  hypha monitor --type trace --endpoint web",
		Args:    needs("NAME", "on|off"),
		ValidArgsFunction: func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return []string{"on", "off"}, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeEndpoint(c, args, typed)
		},
		RunE: a.run(func(ctx context.Context, args []string) error {
			if args[1] != "on" && args[1] != "off" {
				return usagef("trace: %q is neither on nor off", args[1])
			}
			return a.changed(a.client().TraceEndpoint(ctx, args[0], args[1] == "on"))
		}),
	}
}

func (a *app) endpointRegenerate() *cobra.Command {
	return &cobra.Command{
		Use:               "regenerate NAME",
		Short:             "Make an endpoint's programs anew; connections live on",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeEndpoint,
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.changed(a.client().RegenerateEndpoint(ctx, args[0]))
		}),
	}
}

func (a *app) endpointDelete() *cobra.Command {
	return &cobra.Command{
		Use:               "delete NAME",
		Short:             "Detach a network namespace",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeEndpoint,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if err := a.client().DeleteEndpoint(ctx, args[0]); err != nil {
				return err
			}
			answer := map[string]string{"deleted": args[0]}
			return a.emit(answer, func(p *page) { p.linef("endpoint %s is deleted", clean(args[0])) })
		}),
	}
}

// changed prints the endpoint that a call made or changed.
func (a *app) changed(e api.Endpoint, err error) error {
	if err != nil {
		return err
	}
	return a.emit(e, func(p *page) {
		p.linef("endpoint %s is %s: identity %d (%s), %s", clean(e.Name), e.State, e.Identity.Number,
			strings.Trim(identityText(e.Identity), "()"), addressesText(e))
	})
}

// addressesText is the addresses that an endpoint has: both, or on a pure IPv6 node one.
func addressesText(e api.Endpoint) string {
	if !e.IPv4.IsValid() {
		return addressText(e.IPv6, 0)
	}
	return addressText(e.IPv6, 0) + ", " + addressText(e.IPv4, 0)
}

func parseLabels(text string) (map[string]string, error) {
	set, err := labels.ParseSet(text)
	if err != nil {
		return nil, usagef("--labels: %w", err)
	}
	return set, nil
}

// require makes a flag mandatory.
func require(c *cobra.Command, flag string) {
	if err := c.MarkFlagRequired(flag); err != nil {
		panic(err) // the flag is not defined: a mistake in this package
	}
}
