// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/testbed"
)

const clusterMayPing = `
kind: Policy
name: ping
rules:
- select: ""
  ingress:
  - from: [cluster]
    ports: [icmp]
`

// Whom the kernel takes for a stranger is asked for, and let in as rules say: that the first packet is dropped is what asks.
func TestStrangersAreMet(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	a := startAgent(t, Config{})
	if _, err := a.ApplyPolicies(t.Context(), []PolicyFile{{"test", []byte(clusterMayPing)}}); err != nil {
		t.Fatal(err)
	}
	web, db := testbed.NewNamespace(t, "web"), testbed.NewNamespace(t, "db")
	from, err := a.AddEndpoint(t.Context(), Spec{Name: "web", Netns: web.Path, Labels: labels.Set{"role": "web"}})
	if err != nil {
		t.Fatal(err)
	}
	to, err := a.AddEndpoint(t.Context(), Spec{Name: "db", Netns: db.Path, Labels: labels.Set{"role": "db"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.datapath.SetKnown(map[identity.Number]bool{from.Identity: false}); err != nil {
		t.Fatal(err)
	}
	ping := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := web.Output(ctx, "ping", "-c", "1", "-W", "1", to.IPv6.String())
		return err
	}
	if ping() == nil {
		t.Fatal("a stranger's first packet passed")
	}
	for deadline := time.Now().Add(10 * time.Second); ping() != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the stranger is still one")
		}
	}
}
