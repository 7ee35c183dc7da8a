// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"
)

// DefaultPrefix is where a cluster's keys are. Clusters with other prefixes can share an etcd.
const DefaultPrefix = "/hypha"

// layout is the version of the layout of keys, a segment below the prefix.
const layout = "v1"

var errPrefix = errors.New("must be one or more names, like /hypha or /clusters/blue")

var segment = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// CheckPrefix accepts what can stand before a cluster's keys: /NAME, or several of them. None of the names is a layout's version: so no
// cluster's keys are ever in the middle of another's.
func CheckPrefix(prefix string) error {
	rest, rooted := strings.CutPrefix(prefix, "/")
	names := strings.Split(rest, "/")
	if !rooted || slices.Contains(names, layout) || slices.ContainsFunc(names, func(name string) bool { return !segment.MatchString(name) }) {
		return fmt.Errorf("etcd prefix %q: %w", prefix, errPrefix)
	}
	return nil
}

// keyPrefix returns what all keys begin with.
func keyPrefix(prefix string) (string, error) {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	return prefix + "/" + layout + "/", CheckPrefix(prefix)
}

// confine has client see only what is below prefix, under names without it.
func confine(client *clientv3.Client, prefix string) {
	client.KV = namespace.NewKV(client.KV, prefix)
	client.Watcher = watcher{client.Watcher, prefix}
	client.Lease = namespace.NewLease(client.Lease, prefix)
}

// watcher is namespace.NewWatcher, but leaves events as they come: watchers of the embedded etcd share them. It knows WithPrefix, and no
// other range.
type watcher struct {
	clientv3.Watcher
	prefix string
}

func (w watcher) Watch(ctx context.Context, key string, options ...clientv3.OpOption) clientv3.WatchChan {
	all, own := w.Watcher.Watch(ctx, w.prefix+key, options...), make(chan clientv3.WatchResponse)
	go func() {
		defer close(own)
		for response := range all {
			response.Events = w.strip(response.Events)
			select {
			case own <- response:
			case <-ctx.Done():
				return
			}
		}
	}()
	return own
}

func (w watcher) strip(events []*clientv3.Event) []*clientv3.Event {
	stripped := make([]*clientv3.Event, len(events))
	for i, event := range events {
		kv := event.Kv
		stripped[i] = &clientv3.Event{Type: event.Type, Kv: &mvccpb.KeyValue{
			Key: kv.Key[len(w.prefix):], Value: kv.Value, Version: kv.Version, Lease: kv.Lease,
			CreateRevision: kv.CreateRevision, ModRevision: kv.ModRevision,
		}}
	}
	return stripped
}
