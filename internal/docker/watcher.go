// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

const (
	retryFirst = 100 * time.Millisecond
	retryLast  = 5 * time.Second

	// relist is how often the engine is asked although no event came: the net under everything else, and the time
	// for what the last list spared because of its grace.
	relist = grace
)

// watcher follows the engine. Events are only the occasion to ask for the whole list, so one that is lost or comes
// twice does no harm, and a burst of them costs one list.
type watcher struct {
	engine     *engine
	reconciler reconciler
	log        *slog.Logger
	current    atomic.Pointer[Status]
	puzzled    bool // said already that the engine makes no sense; lost and connected only
}

func newWatcher(engine *engine, r reconciler, log *slog.Logger) *watcher {
	w := &watcher{engine: engine, reconciler: r, log: log}
	w.report(Status{State: StateWaiting})
	return w
}

func (w *watcher) report(s Status) { w.current.Store(&s) }

func (w *watcher) status() Status { return *w.current.Load() }

// run follows the engine until ctx is done. An engine that is absent or goes away is waited for.
func (w *watcher) run(ctx context.Context) error {
	defer w.engine.close()
	wait := retryFirst
	for {
		began := time.Now()
		err := w.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		w.lost(err)
		if time.Since(began) > retryLast {
			wait = retryFirst
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			wait = min(2*wait, retryLast)
		}
	}
}

// lost notes why a session ended. It logs a change once: an engine that stays away, or stays mad, is no news.
func (w *watcher) lost(err error) {
	before := w.status()
	w.report(Status{State: StateWaiting, Message: oneLine(err)})
	switch {
	case nonsense(err) && !w.puzzled:
		w.puzzled = true
		w.log.Warn("docker is not understood, ignoring it until it is", "err", err)
	case before.State == StateConnected:
		w.log.Info("docker is gone, waiting for it", "err", err)
	default:
		w.log.Debug("waiting for docker", "err", err)
	}
}

// nonsense reports whether something answered that is no engine, or not in its right mind.
func nonsense(err error) bool {
	return errors.Is(err, errNonsense) ||
		errors.As(err, new(*json.SyntaxError)) || errors.As(err, new(*json.UnmarshalTypeError))
}

// session follows the engine as long as its event stream lasts. The stream is opened before the first list, so
// nothing happens unseen between the two.
func (w *watcher) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the stream
	version, err := w.engine.connect(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	stream := w.engine.follow(ctx)
	known := make(map[string]Container)
	if err := w.refresh(ctx, version, known); err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	group.Go(func() error { return w.read(stream, changed) })
	group.Go(func() error { return w.keep(ctx, version, known, changed) })
	return group.Wait()
}

// read turns events into a wish for a list. It is always quick: the engine drops events for a slow reader.
func (w *watcher) read(stream client.EventsResult, changed chan<- struct{}) error {
	for {
		select {
		case err := <-stream.Err:
			if err == nil {
				err = errors.New("event stream ended")
			}
			return err
		case message := <-stream.Messages:
			if !w.engine.concerns(message) {
				continue
			}
			select {
			case changed <- struct{}{}:
			default: // one is waiting already
			}
		}
	}
}

// keep lists and reconciles whenever something changed, and now and then.
func (w *watcher) keep(ctx context.Context, version string, known map[string]Container, changed <-chan struct{}) error {
	tick := time.NewTicker(relist)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-tick.C:
		}
		if err := w.refresh(ctx, version, known); err != nil {
			return err
		}
	}
}

// refresh fails when the engine does; what the agent refuses is logged and tried again with the next list.
func (w *watcher) refresh(ctx context.Context, version string, known map[string]Container) error {
	candidates := w.reconciler.candidates()
	found, err := w.engine.list(ctx)
	if err != nil {
		return err
	}
	w.connected(version, found)
	if err := w.reconciler.reconcile(ctx, candidates, found, known); err != nil && ctx.Err() == nil {
		w.log.Error("not everything agrees with Docker, trying again later", "err", err)
	}
	return nil
}

func (w *watcher) connected(version string, found listing) {
	w.puzzled = false
	if w.status().State != StateConnected {
		w.log.Info("following docker", "api", version, "networks", found.networks, "endpoints", len(found.endpoints))
	}
	w.report(Status{State: StateConnected, Version: version, Networks: found.networks, Endpoints: len(found.endpoints)})
}

// same compares what the agent is told of a container.
func same(a, b Container) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Network == b.Network && maps.Equal(a.Labels, b.Labels)
}
