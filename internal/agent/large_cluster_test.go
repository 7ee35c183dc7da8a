// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/store"
	"github.com/hypha-net/hypha/internal/testbed"
	"github.com/hypha-net/hypha/internal/testbed/simulation"
)

const fromTier3 = `
kind: Policy
name: tiers
rules:
- name: tiers
  select: tier=here
  ingress:
  - from: [tier=tier-3]
    ports: [80/tcp]
`

// TestRemoteEndpointsTakeNoRoom: what a node has in its kernel depends on nodes and label sets, and on which of these its policies
// select; not on how many endpoints there are elsewhere. What all nodes hear depends on what is new to the cluster.
// With HYPHA_TEST_LONG there are a million.
func TestRemoteEndpointsTakeNoRoom(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	const fresh = 50
	nodes, sets, endpoints := 100, 1000, 10_000
	if os.Getenv("HYPHA_TEST_LONG") != "" {
		nodes, sets, endpoints = 1000, 10_000, 1_000_000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d nodes, %d label sets, %d endpoints, seed %d", nodes, sets, endpoints, seed)
	_, at := startEtcd(t)
	others, err := simulation.Start(t.Context(), simulation.Config{Etcd: []string{at}, Nodes: nodes, LabelSets: sets, Following: nodes / 10}, seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := others.Close(); err != nil {
			t.Error(err)
		}
	})
	a := startAgent(t, Config{Store: store.Config{Endpoints: []string{at}}})
	here := Spec{Name: "here", Netns: testbed.NewNamespace(t, "here").Path, Labels: labels.Set{"tier": "here"}}
	if _, err := a.AddEndpoint(t.Context(), here); err != nil {
		t.Fatal(err)
	}
	knows := func(nodes, sets int) {
		t.Helper()
		want, got := fmt.Sprintf("%d nodes, %d label sets", nodes, sets), ""
		for end := time.Now().Add(time.Minute); got != want; time.Sleep(5 * time.Millisecond) {
			got = fmt.Sprintf("%d nodes, %d label sets", a.member.directory.Snapshot().Len(), a.view.Load().known.Len())
			if time.Now().After(end) {
				t.Fatalf("knows %s, of %s", got, want)
			}
		}
	}
	knows(nodes+1, sets+1)
	unruled := footprintOf(t, a)
	if _, err := a.ApplyPolicies(t.Context(), []PolicyFile{{"tiers", []byte(fromTier3)}}); err != nil {
		t.Fatal(err)
	}
	none := footprintOf(t, a)
	if more := none.rows - unruled.rows; more != sets/simulation.Tiers {
		t.Errorf("%d rows for a rule about %d of %d label sets", more, sets/simulation.Tiers, sets)
	}

	others.Populate(endpoints / nodes)
	ears := newEars(t, at)
	for _, step := range []struct {
		kind  simulation.Kind
		count int
		heard map[string]int // key or prefix → events
	}{
		{simulation.Shared, endpoints / 10, map[string]int{}},
		{simulation.Any, endpoints / 100, map[string]int{}},
		{simulation.Fresh, fresh, map[string]int{"identities/next": fresh, "identities/sets/": fresh, "identities/numbers/": fresh}},
	} {
		done, err := others.Replace(t.Context(), step.kind, step.count)
		if err != nil {
			t.Fatal(err)
		}
		if step.kind == simulation.Shared && done.Asked != 0 {
			t.Errorf("asked for %d numbers that the nodes had", done.Asked)
		}
		if diff := cmp.Diff(step.heard, ears.heard()); diff != "" {
			t.Errorf("%+v: events in the store (-want +got):\n%s", done, diff)
		}
		now := footprintOf(t, a)
		if step.kind != simulation.Fresh && now != none {
			t.Errorf("%+v with %d endpoints elsewhere, %+v without", now, endpoints, none)
		}
	}
	knows(nodes+1, sets+1+fresh)
	now := footprintOf(t, a)
	if now.rows != none.rows+fresh/simulation.Tiers || now.entries != none.entries {
		t.Errorf("%+v with %d label sets more, %+v without", now, fresh, none)
	}
}

// footprint is what a node has in its kernel.
type footprint struct {
	entries string // of maps, beside those of flows
	rows    int    // of all tables
	bytes   uint64 // of all maps, beside those of flows
}

func footprintOf(t *testing.T, a *Agent) (f footprint) {
	t.Helper()
	status := a.Status(t.Context())
	f.bytes = status.MapBytes
	for _, m := range status.Maps {
		switch m.Name {
		case "flows", "overflow": // the machine's own packets
			f.bytes -= m.Bytes
		default:
			f.entries += fmt.Sprintf("%s %d, ", m.Name, m.Entries)
		}
	}
	for _, table := range status.Tables {
		f.rows += table.IngressRows
	}
	return f
}

// ears hear what is written into a store.
type ears struct {
	*testing.T
	client   *clientv3.Client
	revision int64 // that was heard
}

func newEars(t *testing.T, at string) *ears {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{at}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	e := &ears{T: t, client: client}
	e.heard()
	return e
}

// heard counts the events since it was called last, by the key's prefix. What no agent follows is left out: what nodes use and enforce,
// which they tell in their time, and what the collector has found unused.
func (e *ears) heard() map[string]int {
	e.Helper()
	mark, err := e.client.Put(e.Context(), "mark", "")
	if err != nil {
		e.Fatal(err)
	}
	from := e.revision
	if from == 0 { // it begins here
		from = mark.Header.Revision - 1
	}
	events := map[string]int{}
	for news := range e.client.Watch(e.Context(), "", clientv3.WithPrefix(), clientv3.WithRev(from+1)) {
		if err := news.Err(); err != nil {
			e.Fatal(err)
		}
		for _, event := range news.Events {
			key := strings.TrimPrefix(string(event.Kv.Key), store.DefaultPrefix+"/v1/")
			if key == "mark" && event.Kv.ModRevision == mark.Header.Revision {
				e.revision = mark.Header.Revision
				return events
			}
			switch about := key[:strings.LastIndex(key, "/")+1]; about {
			case "identities/nodes/", "identities/unused/", "nodes/enforced/":
			case "identities/":
				events[key]++
			default:
				events[about]++
			}
		}
	}
	e.Fatal("the watch has ended")
	return nil
}
