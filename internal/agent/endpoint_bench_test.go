// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"testing"

	"github.com/hypha-net/hypha/internal/testbed"
)

// BenchmarkEndpoint is issue 4's aim: an endpoint with an identity of its own, from asking for it until it may talk.
func BenchmarkEndpoint(b *testing.B) {
	s := newSite(b)
	laps := testbed.NewLaps(b)
	for added := 0; s.Loop(); added++ {
		spec := Spec{Name: fmt.Sprintf("e%d", added), Netns: testbed.NewNamespace(s, fmt.Sprint(added)).Path, Labels: member(added)}
		laps.Time(func() {
			if _, err := s.agent.AddEndpoint(s.Context(), spec); err != nil {
				s.Fatal(err)
			}
		})
	}
}
