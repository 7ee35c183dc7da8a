// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestProbe(t *testing.T) {
	testbed.NeedRoot(t)
	all, err := datapath.Probe()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		t.Logf("%-25s %-5s found %-5t %s", f.Name, f.Since, f.Found, f.Detail)
		if f.Name == "" || f.Since == "" || f.Use == "" {
			t.Errorf("an incomplete feature: %+v", f)
		}
		if f.Found != (f.Detail == "") {
			t.Errorf("%s: found %t, but detail %q", f.Name, f.Found, f.Detail)
		}
		// The other tests of this package run here, so the kernel has what they need.
		if f.Required && !f.Found {
			t.Errorf("%s: not found: %s", f.Name, f.Detail)
		}
	}
	if err := all.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesTheFirstMissing(t *testing.T) {
	all := datapath.Features{
		{Name: "wings", Since: "3.0"},
		{Name: "legs", Since: "4.0", Required: true, Found: true},
		{Name: "tcx links", Since: "6.6", Use: "programs on interfaces", Required: true},
		{Name: "arms", Since: "7.0", Required: true},
	}
	err := all.Check()
	if !errors.Is(err, datapath.ErrKernel) {
		t.Fatalf("Check: %v, want %v", err, datapath.ErrKernel)
	}
	for _, want := range []string{"tcx links", "6.6"} {
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Check: %q, want one line with %q", err, want)
		}
	}
}
