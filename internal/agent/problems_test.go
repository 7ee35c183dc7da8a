// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hypha-net/hypha/internal/store"
)

func TestProblems(t *testing.T) {
	var p problems
	p.clear("nothing")
	p.set("store", errors.New("away"))
	p.note("docker", errors.New("away"))
	p.set("store", errors.New("gone"))
	if got, want := p.list(), []string{"docker: away", "store: gone"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for i, news := range []bool{
		!p.set("store", errors.New("gone")), p.set("store", errors.New("slow")), p.note("docker", nil), !p.note("docker", nil), p.clear("store"),
	} {
		if !news {
			t.Errorf("step %d: what is news and what is not", i)
		}
	}
	if got := p.list(); len(got) != 0 {
		t.Errorf("%q is left", got)
	}
}

// A store that is away is news once, whichever member failed last.
func TestLostPlaceIsNewsOnce(t *testing.T) {
	var p problems
	for i, why := range []string{"connection refused", "i/o timeout", "no route to host"} {
		err := fmt.Errorf("announce node a: %w: no answer from etcd: %s", store.ErrUnavailable, why)
		if news := p.note("place", noPlace(err)); news != (i == 0) {
			t.Errorf("%s: news %v", why, news)
		}
	}
}
