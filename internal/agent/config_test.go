// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"strings"
	"testing"
)

func TestConfigCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		mtu    int
		want   string // in the error; "": none
	}{
		{"defaults", Config{Node: "n"}, DefaultMTU, ""},
		{"smallest MTU", Config{Node: "n", MTU: 1280}, 1280, ""},
		{"largest MTU", Config{Node: "n", MTU: 65535}, 65535, ""},
		{"MTU too small", Config{Node: "n", MTU: 1279}, 0, "MTU 1279"},
		{"MTU too large", Config{Node: "n", MTU: 65536}, 0, "MTU 65536"},
		{"no node", Config{}, 0, ErrNode.Error()},
		{"a pattern that is none", Config{Node: "n", Labels: []string{"-"}}, 0, "labels that make identities"},
	} {
		err := c.config.check()
		if c.want == "" && (err != nil || c.config.MTU != c.mtu) {
			t.Errorf("%s: %v, MTU %d, want %d", c.name, err, c.config.MTU, c.mtu)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want an error that says %q", c.name, err, c.want)
		}
	}
	if _, err := Open(t.Context(), Config{}, nil); !errors.Is(err, ErrNode) {
		t.Errorf("opened without a name: %v", err)
	}
}
