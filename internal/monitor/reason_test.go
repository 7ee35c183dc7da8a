// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"regexp"
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

func TestDropsAreTheDropsOfTheEnum(t *testing.T) {
	want := bpf.EndpointVerdictDROP_TRUNCATED
	for _, v := range Drops() {
		if v != want {
			t.Fatalf("got %v, want %v", v, want)
		}
		want++
	}
	if want != bpf.EndpointVerdictNOTICE_CONNTRACK_FULL {
		t.Errorf("drops end before %v", want)
	}
}
