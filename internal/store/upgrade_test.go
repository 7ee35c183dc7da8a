// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// listStore is a store as it was before there were pages: policies a to ..., since revision 5, at revision 7.
func listStore(t *testing.T, names ...string) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	var entries []string
	for _, name := range names {
		body := "body of " + name
		entries = append(entries, fmt.Sprintf(`{"name":%q,"since":5,"sha256":%q}`, name, hash([]byte(body))))
		put(t, s, policyBodies+"5/"+hash([]byte(body)), body)
	}
	put(t, s, policyCurrentKey, `{"revision":7,"policies":[`+strings.Join(entries, ",")+`]}`)
	return s
}

func TestListIsUpgraded(t *testing.T) {
	for _, names := range [][]string{{}, {"a"}, {"a", "b", "c"}} {
		t.Run(strings.Join(names, " "), func(t *testing.T) {
			s := listStore(t, names...)
			old := "7"
			for _, name := range names {
				old += " " + name + "=body of " + name
			}
			for range 2 {
				if set, err := s.Policies(t.Context()); err != nil || textOf(set) != old {
					t.Fatalf("%s, error %v, want %s", textOf(set), err, old)
				}
			}
			if applied, err := s.Rollback(t.Context(), 7, "", nil); err != nil || applied.Changed() {
				t.Error(applied, err)
			}
			if revision := apply(t, s, doc("a", "new"), doc("z", "1")); revision != 8 {
				t.Error(revision)
			}
			s.sweep(t.Context())
			if set, err := s.PoliciesAt(t.Context(), 7); err != nil || textOf(set) != old {
				t.Fatalf("%s, error %v, want %s", textOf(set), err, old)
			}
			if _, err := s.Rollback(t.Context(), 7, "", nil); err != nil {
				t.Fatal(err)
			}
			set, err := s.Policies(t.Context())
			if want := "9" + old[1:]; err != nil || textOf(set) != want {
				t.Errorf("%s, error %v, want %s", textOf(set), err, want)
			}
			if history, err := s.History(t.Context(), 0); err != nil || len(history) != 3 || !history[2].Time.IsZero() {
				t.Error(history, err)
			}
		})
	}
}

// An agent from before there were pages can not take a set of today for an empty one.
func TestOldAgentRefusesPages(t *testing.T) {
	s := open(t, t.TempDir())
	apply(t, s, doc("a", "1"))
	if _, err := s.ApplyPolicies(t.Context(), Edit{Delete: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	response, err := s.get(t.Context(), policyCurrentKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(response.Kvs[0].Value, new(list)); err == nil {
		t.Errorf("%s passes for a list", response.Kvs[0].Value)
	}
}
