// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"regexp"
	"slices"
	"testing"

	"github.com/hypha-net/hypha/bpf"
)

func TestReason(t *testing.T) {
	for v, want := range map[bpf.EndpointVerdict]string{
		bpf.EndpointVerdictVERDICT_NEXT:          "undecided",
		bpf.EndpointVerdictFORWARD_ENDPOINT:      "forwarded",
		bpf.EndpointVerdictFORWARD_HOST:          "forwarded-to-host",
		bpf.EndpointVerdictANSWERED:              "answered",
		bpf.EndpointVerdictDROP_TRUNCATED:        "truncated",
		bpf.EndpointVerdictDROP_POLICY_DENIED:    "policy-denied",
		bpf.EndpointVerdictDROP_SOURCE_MAC:       "source-mac",
		bpf.EndpointVerdictNOTICE_CONNTRACK_FULL: "conntrack-full",
		1000:                                     "verdict-1000",
	} {
		if got := Reason(v); got != want {
			t.Errorf("Reason(%v): got %q, want %q", v, got, want)
		}
	}
}

func TestReasonsAreDistinctAndKebabCase(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bpf.EndpointVerdict{}
	for v := range bpf.EndpointVerdictVERDICT_COUNT {
		reason := Reason(v)
		if !kebab.MatchString(reason) {
			t.Errorf("%v: %q", v, reason)
		}
		if other, taken := seen[reason]; taken {
			t.Errorf("%v and %v are both %q", v, other, reason)
		}
		seen[reason] = v
	}
}

// Programs drop by order, VERDICT_FIRST_DROP and all after it but the few that came later, and Drops goes by name.
func TestDropsAreWhatProgramsDrop(t *testing.T) {
	var want []bpf.EndpointVerdict
	for v := bpf.EndpointVerdictDROP_TRUNCATED; v < bpf.EndpointVerdictVERDICT_COUNT; v++ {
		if v != bpf.EndpointVerdictNOTICE_CONNTRACK_FULL && v != bpf.EndpointVerdictFORWARD_NODE {
			want = append(want, v)
		}
	}
	if got := Drops(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
