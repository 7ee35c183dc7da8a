// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/hypha-net/hypha/api"
)

// A turn is a file of three policies. At an odd revision a may and b is denied, at an even one it is the other way round, and c
// always may. Had a packet met one policy of this turn and another one of the next, it would show: a would be allowed by one
// that b is allowed by, too, or nobody by any. The ports make other classes of the turns: a row of one, read with the
// classifier of the other, would show as well.
const turnFile = `
kind: Policy
name: opens
rules:
- name: turn
  select: role=server
  ingress:
  - from: [role=%[1]s]
    ports: [80/tcp, 80/udp%[3]s]
---
kind: Policy
name: closes
rules:
- name: turn
  select: role=server
  ingress:
  - from: [role=%[2]s]
    action: deny
---
kind: Policy
name: steady
rules:
- name: always
  select: role=server
  ingress:
  - from: [role=c]
    ports: [80/tcp]
`

// turnAt is the file that is to become this revision.
func turnAt(revision uint64) api.PolicyApply {
	if revision%2 == 1 {
		return lawFile(fmt.Sprintf(turnFile, "a", "b", ", 7-79/udp, 7-9/sctp"))
	}
	return lawFile(fmt.Sprintf(turnFile, "b", "a", ""))
}

// turn applies the file that is to become this revision.
func (v *victim) turn(revision uint64) {
	v.Helper()
	change, err := v.api.ApplyPolicies(v.Context(), turnAt(revision))
	if err != nil || change.Revision != revision {
		v.Fatalf("apply = revision %d, %v, want %d", change.Revision, err, revision)
	}
}

// ruledAt is what that revision says to a consumer of that role.
func ruledAt(revision uint64, role string) api.Ruling {
	ruling := api.Ruling{Egress: api.Opinion{Cause: api.CauseOpen}}
	switch {
	case role == "c":
		ruling.Ingress = api.Opinion{Cause: api.CauseAllow, Policy: "steady", Rule: "always", Tier: 100}
	case (role == "a") == (revision%2 == 1):
		ruling.Ingress = api.Opinion{Cause: api.CauseAllow, Policy: "opens", Rule: "turn", Tier: 100}
	default:
		ruling.Ingress = api.Opinion{Cause: api.CauseDeny, Policy: "closes", Rule: "turn", Tier: 100}
	}
	ruling.Allowed = ruling.Ingress.Cause == api.CauseAllow
	return ruling
}
