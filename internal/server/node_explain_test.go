// SPDX-License-Identifier: Apache-2.0

package server

import (
	"testing"

	"github.com/hypha-net/hypha/internal/policy"
)

// What passes and would not with the rules under audit is told as "audit", in whatever mode.
func TestVerdictOfRuling(t *testing.T) {
	for _, c := range []struct {
		ruling policy.Ruling
		want   string
	}{
		{policy.Ruling{Allowed: true}, "allow"},
		{policy.Ruling{Allowed: true, Audited: true}, "audit"},
		{policy.Ruling{Audited: true}, "deny"},
		{policy.Ruling{}, "deny"},
	} {
		if got := verdictOf(c.ruling); got != c.want {
			t.Errorf("%+v: %s, want %s", c.ruling, got, c.want)
		}
	}
}
