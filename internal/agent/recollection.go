// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hypha-net/hypha/internal/atomicfile"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/store"
)

// errNothingKnown is returned for a recollection without a node.
var errNothingKnown = errors.New("it has no node number")

// recollection is what a node knew of its cluster. It starts by that while the store is away: the kernel is not to forget anybody only
// because the agent was replaced. What has changed meanwhile comes when the store is back, as after a lost connection. The other nodes are
// in a file of their own: see keepNodes.
type recollection struct {
	Number   uint32                `json:"number"`   // of this node
	Revision int64                 `json:"revision"` // etcd's, that the label sets are of
	Sets     map[uint32]labels.Set `json:"labelSets"`
	Policies store.PolicySet       `json:"policies"`
}

// loadRecollection reads what an earlier agent has saved.
func loadRecollection(path string) (*recollection, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("what this node knew: %w", err)
	}
	var r recollection
	if err = json.Unmarshal(data, &r); err == nil && r.Number == 0 {
		err = errNothingKnown
	}
	if err != nil { // a power cut, perhaps
		return nil, fmt.Errorf("what this node knew: %s can not be read: %w", path, err)
	}
	return &r, nil
}

func (r recollection) save(path string) (size int, err error) {
	data, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("encode what this node knows: %w", err)
	}
	return len(data), atomicfile.Note(path, data, 0o600)
}

// recollect returns what an earlier agent knew, if the store is away. Else err stays what it is, and says why there is nothing else to
// go by.
func (a *Agent) recollect(err error) (*recollection, error) {
	if !errors.Is(err, store.ErrUnavailable) {
		return nil, err
	}
	r, unknown := loadRecollection(a.config.recollectionFile())
	if unknown != nil {
		return nil, fmt.Errorf("%w (and %w)", err, unknown)
	}
	a.log.Warn("the store is away: starting with what this node knew", "err", err,
		"labelSets", len(r.Sets), "policies", r.Policies.Revision)
	return r, nil
}

const (
	// recollectInterval is how often it is looked whether there is news to be saved.
	recollectInterval = 2 * time.Second
	// recollectRate is how much is saved in a second on average, in bytes: of 10,000 label sets that is every four seconds at most.
	recollectRate = 256 << 10
)

// learnt is what a recollection is made of. It is saved anew when that is not the same any more.
type learnt struct {
	identities *identity.Snapshot
	revision   uint64 // of the policies
}

// keepRecollection saves what this node knows until ctx is done. With an embedded store there is no need to.
func (a *Agent) keepRecollection(ctx context.Context) error {
	if len(a.config.Store.Endpoints) == 0 {
		return nil
	}
	var saved learnt
	for ctx.Err() == nil {
		size, now := 0, learnt{a.identities.Snapshot(), a.view.Load().rules.Revision()}
		if now != saved {
			var err error
			if size, err = a.saveRecollection(ctx, now); err == nil {
				saved = now
			}
			if !errors.Is(err, store.ErrUnavailable) && ctx.Err() == nil {
				a.note("saving what this node knows", err)
			}
		}
		pause(ctx, max(recollectInterval, time.Duration(size)*time.Second/recollectRate))
	}
	return nil
}

// saveRecollection asks the store for the policies, which costs little if they are as before: what it does not confirm is not saved.
func (a *Agent) saveRecollection(ctx context.Context, now learnt) (size int, err error) {
	r := recollection{Number: a.node.Number, Revision: now.identities.Complete(), Sets: make(map[uint32]labels.Set, now.identities.Len())}
	if r.Policies, err = a.store.Policies(ctx); err != nil {
		return 0, err
	}
	for number, set := range now.identities.All() {
		r.Sets[uint32(number)] = set
	}
	return r.save(a.config.recollectionFile())
}
