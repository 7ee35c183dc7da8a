// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

const (
	// oneWait is how long the agent is asked to wait, over and over.
	oneWait = 20 * time.Second
	// maxNamed is how many nodes an error names.
	maxNamed = 10
)

// waiting says whether a change of policies is to be in force on all nodes.
type waiting struct {
	wanted  bool
	timeout time.Duration
}

func waitFlags(c *cobra.Command, w *waiting) {
	c.Flags().BoolVar(&w.wanted, "wait", false, "return when every node of the cluster enforces it")
	c.Flags().Var(duration(&w.timeout, 30*time.Second, time.Second), "timeout", "how long --wait waits")
	c.MarkFlagsMutuallyExclusive("wait", "dry-run")
}

// policyChangedAll is policyChanged, and then waits if that is wanted.
func (a *app) policyChangedAll(ctx context.Context, w waiting, change api.PolicyChange, err error) error {
	if err := a.policyChanged(change, err); err != nil || !w.wanted {
		return err
	}
	all, err := a.awaitPolicies(ctx, change.Revision, w.timeout)
	if err != nil {
		return err
	}
	if len(all.Behind) > 0 {
		return fmt.Errorf("revision %d is not in force on %d of %s after %v: %s", all.Revision, len(all.Behind),
			countText(all.Nodes, "node", "nodes"), w.timeout, behindText(all.Behind))
	}
	if a.format != formatText {
		return nil // the change was the one document
	}
	return a.print(func(p *page) {
		p.linef("revision %d is in force on %s", all.Revision, countText(all.Nodes, "node", "nodes"))
	})
}

func (a *app) awaitPolicies(ctx context.Context, revision uint64, timeout time.Duration) (all api.Enforcement, err error) {
	for end := time.Now().Add(timeout); ; {
		wait := max(0, min(oneWait, time.Until(end)))
		all, err = a.client().AwaitPolicies(ctx, revision, int((wait+time.Second-1)/time.Second))
		if err != nil || len(all.Behind) == 0 || !time.Now().Before(end) {
			return all, err
		}
	}
}

// behindText says of nodes what they enforce instead.
func behindText(behind []api.NodeBehind) string {
	var texts []string
	for _, node := range behind[:min(maxNamed, len(behind))] {
		text := fmt.Sprintf("%s has revision %d", node.Name, node.Revision)
		switch {
		case node.State == api.NodeAdrift:
			text = node.Name + " is cut off from the store"
		case node.Revision == 0:
			text = node.Name + " has not said what it enforces"
		}
		texts = append(texts, text)
	}
	if hidden := len(behind) - len(texts); hidden > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", hidden))
	}
	return strings.Join(texts, ", ")
}
