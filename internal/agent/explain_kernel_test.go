// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"

	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Only who would judge a packet is asked: who judges it elsewhere, or nobody, is not contradicted by an endpoint's table about
// something else.
func TestWhoIsAskedInTheKernel(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	a := startAgent(t, Config{})
	for _, app := range []string{"web", "db", "gone"} {
		spec := Spec{Name: app, Netns: testbed.NewNamespace(t, app).Path, Labels: labels.Set{"app": app}}
		if _, err := a.AddEndpoint(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.DeleteEndpoint(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to string
		asked    bool
	}{
		{"web", "db", true},
		{"web", "app=db", true},
		{"app=db", "app=web", true},
		{"host", "db", true},
		{"app=gone", "db", true},
		{"app=new", "db", true}, // a stranger
		{"web", "world", true},
		{"web", "198.51.100.1", true},
		{"web", "app=gone", false}, // a label set that another node's endpoint may have
		{"web", "app=new", false},
		{"app=gone", "world", false},
		{"host", "app=gone", false},
	} {
		x, err := a.Explain(c.from, c.to, "80/tcp")
		if err != nil || (x.Kernel != nil) != c.asked {
			t.Errorf("%s to %s: %+v, %v; want it asked: %v", c.from, c.to, x.Kernel, err, c.asked)
		} else if c.asked && x.Kernel.Difference != "" {
			t.Errorf("%s to %s: %s", c.from, c.to, x.Kernel.Difference)
		}
	}
}
