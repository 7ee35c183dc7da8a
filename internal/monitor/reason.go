// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"fmt"
	"strings"

	"github.com/hypha-net/hypha/bpf"
)

const dropPrefix = "DROP_"

// Names that the rule of Reason would make clumsy.
var special = map[bpf.EndpointVerdict]string{
	bpf.EndpointVerdictVERDICT_NEXT:     "undecided",
	bpf.EndpointVerdictVERDICT_JUDGE:    "unjudged",
	bpf.EndpointVerdictFORWARD_ENDPOINT: "forwarded",
	bpf.EndpointVerdictFORWARD_HOST:     "forwarded-to-host",
	bpf.EndpointVerdictFORWARD_NODE:     "forwarded-to-node",
}

// Reason returns the verdict's name for people and scripts: DROP_POLICY_DENIED is "policy-denied". A number that
// this version has no name for, as an agent meets that runs with newer programs, is "verdict-99".
func Reason(v bpf.EndpointVerdict) string {
	if v >= bpf.EndpointVerdictVERDICT_COUNT {
		return fmt.Sprintf("verdict-%d", uint32(v))
	}
	return reasons[v]
}

// reasons is that of each verdict: it is made once, and not for each event.
var reasons = func() (reasons [bpf.EndpointVerdictVERDICT_COUNT]string) {
	for v := range bpf.EndpointVerdictVERDICT_COUNT {
		name := strings.TrimPrefix(strings.TrimPrefix(v.String(), dropPrefix), "NOTICE_")
		reasons[v] = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	}
	for v, name := range special {
		reasons[v] = name
	}
	return reasons
}()

// Drops returns every verdict that drops the packet, in the order of the enum. Each is an index of the kernel's
// verdict counters, and its Reason a drop reason.
func Drops() []bpf.EndpointVerdict {
	var drops []bpf.EndpointVerdict
	for v := range bpf.EndpointVerdictVERDICT_COUNT {
		if strings.HasPrefix(v.String(), dropPrefix) {
			drops = append(drops, v)
		}
	}
	return drops
}
