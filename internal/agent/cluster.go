// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/store"
)

// Problems to be shown.
var (
	errNoUnderlay  = errors.New("none found that other nodes could reach this one by: give it --address")
	errNoUnderlay6 = errors.New("--datapath native wants one of IPv6; until then packets come by the overlay")
)

// membership is this node's part in the cluster: that others know it, whom it knows, and who answers.
type membership struct {
	directory *cluster.Directory
	clusterID string
	instance  *instance
	record    atomic.Pointer[store.Node] // what is said of this node
	presence  atomic.Pointer[store.Presence]
	health    atomic.Pointer[cluster.Health] // nil: with an embedded store nobody else can be there
	moved     chan struct{}                  // has room for one: record has other addresses than health
	rewired   chan struct{}                  // has room for one: record has other addresses than the overlay
	inForce   chan struct{}                  // has room for one: the view has changed since it was reported
}

func newMembership() membership {
	return membership{moved: make(chan struct{}, 1), rewired: make(chan struct{}, 1), inForce: make(chan struct{}, 1)}
}

// close leaves the lease to end by itself, and others to think that this node is there until then.
func (m *membership) close() error {
	var problems []error
	if health := m.health.Load(); health != nil {
		problems = append(problems, health.Close())
	}
	if presence := m.presence.Load(); presence != nil {
		presence.Close()
	}
	if m.instance != nil {
		problems = append(problems, m.instance.close())
	}
	return errors.Join(problems...)
}

// wake fills a channel that has room for one.
func wake(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default: // it is full: whoever reads it has not looked since
	}
}

// openCluster takes this node's place among the nodes, before anything is made in the kernel: its name may be in use. It learns
// who else is there.
func (a *Agent) openCluster(ctx context.Context) (err error) {
	addresses, err := a.underlay(ctx)
	if err != nil {
		return err
	}
	if a.member.instance, err = openInstance(a.config.instanceFile()); err != nil {
		return err
	}
	a.note("addresses of this node", a.checkUnderlay(addresses))
	if err := a.chooseMTU(addresses); err != nil {
		return err
	}
	a.member.record.Store(a.newRecord(addresses))
	a.member.directory = cluster.NewDirectory(a.store, a.node.plan(), a.log)
	if len(a.config.Store.Endpoints) > 0 {
		if err := a.openHealth(); err != nil {
			return err
		}
	}
	return a.takePlace(ctx)
}

// takePlace announces this node, and learns who else is there. While the store is away that is for later: keepPresence
// announces it, and those known before are taken to be there.
func (a *Agent) takePlace(ctx context.Context) error {
	if a.recalled != nil {
		a.member.presence.Store(a.store.Absent(a.node.Number))
		a.recallNodes()
		return nil
	}
	presence, err := a.store.Announce(ctx, *a.member.record.Load(), a.config.Lease)
	if err != nil {
		return err
	}
	a.member.presence.Store(presence)
	if err := a.member.directory.Load(ctx); err != nil {
		return err
	}
	a.adoptNodes()
	return nil
}

// underlay returns the addresses that other nodes reach this one by: those given, or those found.
func (a *Agent) underlay(ctx context.Context) ([]netip.Addr, error) {
	addresses := a.config.Addresses
	if err := cluster.CheckOwn(addresses); err != nil {
		return nil, err
	}
	if len(addresses) == 0 {
		addresses = cluster.Underlay(ctx, a.config.Store.Endpoints)
	}
	return addresses, a.node.plan().Apart(addresses)
}

// checkUnderlay: what is wrong with the addresses may come right.
func (a *Agent) checkUnderlay(addresses []netip.Addr) error {
	switch {
	case len(a.config.Store.Endpoints) == 0:
		return nil
	case len(addresses) == 0:
		return errNoUnderlay
	case !a.config.Native:
		return nil
	case !slices.ContainsFunc(addresses, netip.Addr.Is6):
		return fmt.Errorf("%w: %v", errNoUnderlay6, addresses)
	}
	if err := datapath.CheckNative(addresses); err != nil {
		return fmt.Errorf("--datapath native: %w; packets come by the overlay", err)
	}
	return nil
}

// takesNative says whether others are told that IPv6 may come to this node as it is.
func (a *Agent) takesNative(addresses []netip.Addr) bool {
	return a.config.Native && !errors.Is(datapath.CheckNative(addresses), datapath.ErrNotEthernet)
}

func (a *Agent) newRecord(addresses []netip.Addr) *store.Node {
	record := &store.Node{
		Name: a.node.Name, Number: a.node.Number, Instance: a.member.instance.id, Place: a.member.instance.place,
		Addresses: addresses, Prefix6: a.node.Prefix6, Prefix4: a.node.Prefix4, Native: a.takesNative(addresses), Version: a.config.Version, Started: a.started,
	}
	if len(a.config.Store.Endpoints) > 0 {
		record.Health = a.config.HealthPort
	}
	return record
}

// keepPresence keeps this node's lease until ctx is done, and takes a new one when that has ended: the store was away for too
// long. Meanwhile everything goes on as it was.
func (a *Agent) keepPresence(ctx context.Context) error {
	for {
		err := a.member.presence.Load().Await(ctx)
		for ctx.Err() == nil && err != nil {
			a.note("this node's place in the cluster", noPlace(err))
			err = a.announceAgain(ctx)
			if err != nil {
				pause(ctx, againInterval)
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		a.note("this node's place in the cluster", nil)
	}
}

// noPlace says what comes of err. While the store is away these are the same words: which member failed last, and how, is said of the store.
func noPlace(err error) error {
	if errors.Is(err, store.ErrUnavailable) {
		err = store.ErrUnavailable
	}
	return fmt.Errorf("%w: others may take this node for gone", err)
}

func (a *Agent) announceAgain(ctx context.Context) error {
	said := a.member.record.Load()
	presence, err := a.store.Announce(ctx, *said, a.config.Lease)
	if err != nil {
		return err
	}
	a.member.presence.Swap(presence).Close()
	wake(a.member.inForce)
	if now := a.member.record.Load(); now != said { // it has moved meanwhile
		return presence.Update(ctx, *now)
	}
	return nil
}

// pause waits, or less long if ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// followNodes takes every change of the cluster's nodes until ctx is done.
func (a *Agent) followNodes(ctx context.Context) error {
	return ignoreCancel(ctx, a.member.directory.Run(ctx))
}

// followUnderlay says so when other nodes have to reach this one by other addresses, until ctx is done.
func (a *Agent) followUnderlay(ctx context.Context) error {
	if len(a.config.Addresses) > 0 {
		return nil
	}
	return datapath.WatchHostAddresses(ctx, func([]netip.Addr) { a.note("addresses of this node", a.move(ctx)) })
}

// move looks by which addresses this node is reached now. With none it is cut off for a while, and keeps those that it had.
func (a *Agent) move(ctx context.Context) error {
	addresses, err := a.underlay(ctx)
	if err != nil {
		return err
	}
	if len(addresses) > 0 && !slices.Equal(addresses, a.member.record.Load().Addresses) {
		a.moveTo(ctx, addresses)
	}
	return a.checkUnderlay(addresses)
}

// moveTo tells everybody.
func (a *Agent) moveTo(ctx context.Context, addresses []netip.Addr) {
	a.member.record.Store(a.newRecord(addresses))
	wake(a.member.moved)
	wake(a.member.rewired)
	a.announce()
	presence := a.member.presence.Load()
	if presence.Update(ctx, *a.member.record.Load()) != nil {
		presence.Close() // so that keepPresence announces it anew, until the store has it
	}
}
