// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Kind says which label set an endpoint has that comes.
type Kind int

// Kinds.
const (
	Any    Kind = iota // one of all that there are
	Shared             // one that its node uses already
	Fresh              // one that nobody has had before
)

// Churned is what came of endpoints that came and went.
type Churned struct {
	Replaced int // endpoints
	Asked    int // of them had a label set that their node did not use yet
	Fresh    int // and so many had one that was new to the cluster
}

// replacing is how many endpoints start at the same time.
const replacing = 64

// Churn replaces endpoints at random until ctx is done: so many a second, of which a part has a label set that nobody has had.
func (c *Cluster) Churn(ctx context.Context, perSecond, fresh float64) (Churned, error) {
	var sum Churned
	begun := time.Now()
	for ctx.Err() == nil {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
		due := int(time.Since(begun).Seconds()*perSecond) - sum.Replaced
		news := int(fresh*float64(sum.Replaced+due)) - sum.Fresh
		some, err := c.Replace(context.WithoutCancel(ctx), Fresh, news)
		sum = sum.plus(some)
		if err == nil {
			some, err = c.Replace(context.WithoutCancel(ctx), Any, due-news)
			sum = sum.plus(some)
		}
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// Replace has so many endpoints end, on nodes at random, and one start in the place of each. It returns when all have numbers.
func (c *Cluster) Replace(ctx context.Context, kind Kind, count int) (Churned, error) {
	asked := make([]bool, max(0, count))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(replacing)
	for i := range asked {
		n := c.nodes[c.draw(len(c.nodes))]
		group.Go(func() (err error) {
			asked[i], err = c.replace(ctx, n, kind)
			return err
		})
	}
	err := group.Wait()
	sum := Churned{Replaced: len(asked)}
	for _, yes := range asked {
		if yes {
			sum.Asked++
		}
	}
	if kind == Fresh {
		sum.Fresh = len(asked)
	}
	return sum, err
}

// replace does it for one endpoint of a node.
func (c *Cluster) replace(ctx context.Context, n *node, kind Kind) (asked bool, err error) {
	var comes int
	switch kind {
	case Shared:
		comes = n.share(c.draw, c.sets.of)
	case Any:
		comes = c.draw(c.sets.count())
		asked, err = c.number(ctx, n, comes)
	case Fresh:
		comes = c.sets.add()
		asked, err = c.number(ctx, n, comes)
	}
	if err != nil {
		return asked, err
	}
	n.release(c.sets.of(n.swap(c.draw, comes)))
	return asked, nil
}

// number has a node use a label set: as in identity.Registry, only who is the first with it there asks for its number.
func (c *Cluster) number(ctx context.Context, n *node, set int) (asked bool, err error) {
	number := c.sets.of(set)
	if number != 0 && n.useAgain(number) {
		return false, nil
	}
	if number, _, err = n.store.AllocateIdentity(ctx, LabelSet(set)); err != nil {
		return true, fmt.Errorf("an endpoint of %s: %w", n.record.Name, err)
	}
	c.sets.set(set, number)
	n.use(number)
	return true, nil
}

func (c Churned) plus(other Churned) Churned {
	return Churned{c.Replaced + other.Replaced, c.Asked + other.Asked, c.Fresh + other.Fresh}
}
