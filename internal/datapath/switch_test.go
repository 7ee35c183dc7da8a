// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// many are the same tables for identities 301 to 300+count.
func many(count int, tables *policy.Tables) map[identity.Number]*policy.Tables {
	all := map[identity.Number]*policy.Tables{}
	for i := range count {
		all[301+identity.Number(i)] = tables
	}
	return all
}

// What can not be made for one identity is made for none, and nothing is left behind.
func TestPrepareIsAllOrNothing(t *testing.T) {
	n := newNode(t)
	for id := range endpoint.ID(3) {
		n.apply(n.endpoint(id + 1))
	}
	tooMany := policy.Table{Shape: &policy.Shape{Classes: 2, Ports: everySecond(maxSegments/2 + 1)}, Kinds: allow().Kinds}
	for _, c := range []struct {
		name  string
		spoil func(map[identity.Number]*policy.Tables)
		want  string
	}{
		{"too many port ranges", func(all map[identity.Number]*policy.Tables) {
			all[302] = &policy.Tables{Revision: 99, Ingress: tooMany, Egress: allow()}
		}, "identity 302: "},
		{"too many port ranges at the other side", func(all map[identity.Number]*policy.Tables) {
			all[303] = &policy.Tables{Revision: 99, Ingress: allow(), Egress: tooMany}
		}, "identity 303: "},
		{"rulings without numbers", func(map[identity.Number]*policy.Tables) { n.full = true }, errLedgerFull.Error()},
		{"a program that the verifier refuses", func(map[identity.Number]*policy.Tables) {
			broken := *n.judgeTemplate.spec
			broken.Instructions = broken.Instructions[:len(broken.Instructions)/2]
			n.judgeTemplate.spec = &broken
		}, "identity 30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			template := n.judgeTemplate
			defer func() { n.judgeTemplate, n.full = template, false }()
			before, files := [3]kernelState{n.state(1), n.state(2), n.state(3)}, n.openFiles()
			all := many(3, &policy.Tables{Revision: 99, Ingress: allow(identity.Host), Egress: allow()})
			c.spoil(all)
			if err := n.SetTables(all); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if diff := cmp.Diff(before, [3]kernelState{n.state(1), n.state(2), n.state(3)}, compareStates); diff != "" {
				t.Errorf("the kernel changed (-before +after):\n%s", diff)
			}
			if now := n.openFiles(); now != files {
				t.Errorf("%d files were open, now %d", files, now)
			}
			if now, _ := n.Tables(301); now.Revision == 99 {
				t.Error("the refused tables are said to be in force")
			}
		})
	}
}

// Between Prepare and Commit nothing judges by the new tables.
func TestPreparedTablesAreNotInForce(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	before := n.state(1)
	s, err := n.Prepare(many(1, &policy.Tables{Revision: 99, Ingress: allow(identity.Host), Egress: allow()}))
	if err != nil {
		t.Fatal(err)
	}
	if verdict, err := n.Ask(1, true, identity.Host, policy.TCP, 80); err != nil || verdict.Allowed || verdict.Revision == 99 {
		t.Errorf("%+v, %v", verdict, err)
	}
	if diff := cmp.Diff(before, n.state(1), compareStates); diff != "" {
		t.Errorf("Prepare changed (-before +after):\n%s", diff)
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	if verdict, err := n.Ask(1, true, identity.Host, policy.TCP, 80); err != nil || !verdict.Allowed || verdict.Revision != 99 {
		t.Errorf("%+v, %v", verdict, err)
	}
}

func TestCommitRefusesWhatIsSuperseded(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	files := n.openFiles()
	late, err := n.Prepare(many(1, &policy.Tables{Revision: 98, Ingress: allow(identity.Host), Egress: allow()}))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.SetTables(many(1, &policy.Tables{Revision: 99, Ingress: allow(), Egress: allow()})); err != nil {
		t.Fatal(err)
	}
	if err := late.Commit(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("%v, want %v", err, ErrSuperseded)
	}
	if verdict, err := n.Ask(1, true, identity.Host, policy.TCP, 80); err != nil || verdict.Revision != 99 {
		t.Errorf("%+v, %v", verdict, err)
	}
	if now := n.openFiles(); now != files {
		t.Errorf("%d files were open, now %d", files, now)
	}
}

// Also of tables that were in force already when it was prepared.
func TestCommitRefusesWhatIsDropped(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	tables, _ := n.Tables(n.endpoint(1).Identity)
	late, err := n.Prepare(many(1, tables))
	if err != nil {
		t.Fatal(err)
	}
	n.DropTables(n.endpoint(1).Identity)
	if err := late.Commit(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("%v, want %v", err, ErrSuperseded)
	}
}

// An endpoint that could not be switched is named, stays with its old table, and follows when the same tables are set again.
func TestCommitThatFailedHalfway(t *testing.T) {
	n := newNode(t)
	for id := range endpoint.ID(2) {
		e := n.endpoint(id + 1)
		e.Identity = 301
		n.apply(e)
	}
	before := n.state(1)
	s, err := n.Prepare(many(1, &policy.Tables{Revision: 99, Ingress: allow(identity.Host), Egress: allow()}))
	if err != nil {
		t.Fatal(err)
	}
	judges := n.maps.Judges
	n.maps.Judges = n.maps.Endpoints // takes no programs
	err = s.Commit()
	n.maps.Judges = judges
	if err == nil || !strings.Contains(err.Error(), "endpoint 1") || !strings.Contains(err.Error(), "endpoint 2") {
		t.Errorf("%v does not name both endpoints", err)
	}
	if verdict, err := n.Ask(1, true, identity.Host, policy.TCP, 80); err != nil || verdict.Allowed || n.state(1).Judge != before.Judge {
		t.Errorf("%+v, %v", verdict, err)
	}
	tables, _ := n.Tables(301)
	if err := n.SetTables(many(1, tables)); err != nil {
		t.Fatal(err)
	}
	for id := range endpoint.ID(2) {
		if verdict, err := n.Ask(id+1, true, identity.Host, policy.TCP, 80); err != nil || !verdict.Allowed || verdict.Revision != 99 {
			t.Errorf("%+v, %v", verdict, err)
		}
		if s := n.state(id + 1); s.Judge == before.Judge || s.Info.Generation <= before.Info.Generation {
			t.Errorf("endpoint %d: %+v", id+1, s)
		}
	}
}
