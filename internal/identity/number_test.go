// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
)

func TestNumberRangesAndNames(t *testing.T) {
	for _, test := range []struct {
		number   identity.Number
		name     string
		labelSet bool
		cidr     bool
	}{
		{0, "0", false, false},
		{identity.Host, "host", false, false},
		{identity.World, "world", false, false},
		{identity.RemoteNode, "remote-node", false, false},
		{identity.Init, "init", false, false},
		{identity.Health, "health", false, false},
		{255, "255", false, false},
		{256, "256", true, false},
		{1048575, "1048575", true, false},
		{1048576, "1048576", false, false},
		{1<<24 - 1, "16777215", false, false},
		{1 << 24, "16777216", false, true},
		{1<<32 - 1, "4294967295", false, true},
	} {
		if got := test.number.String(); got != test.name {
			t.Errorf("%d is named %q, want %q", uint32(test.number), got, test.name)
		}
		if test.number.IsLabelSet() != test.labelSet || test.number.IsCIDR() != test.cidr {
			t.Errorf("%v: label set %v, CIDR %v", test.number, test.number.IsLabelSet(), test.number.IsCIDR())
		}
	}
}
