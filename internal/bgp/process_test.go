// SPDX-License-Identifier: Apache-2.0

package bgp_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/bgp"
)

// run has a shell be the speaker to one peer, and returns what it was heard to say, and how it stands when it has ended.
func run(t *testing.T, script string) (heard []bgp.Sessions, after bgp.Sessions, err error) {
	t.Helper()
	config := bgp.Config{ASN: 65001, Peers: []bgp.Peer{{Address: netip.MustParseAddr("2001:db8::a"), ASN: 65000}}}
	process := bgp.NewProcess(config, "sh", "-c", script)
	err = process.Run(t.Context(), func(_, now bgp.Sessions) { heard = append(heard, now) })
	return heard, process.Sessions(), err
}

// The end of a speaker is an error, and no report: whoever hears one takes it for a sign that it runs.
func TestEndIsNoReport(t *testing.T) {
	heard, after, err := run(t, `echo '[{"Peer": "2001:db8::a", "ASN": 65000, "Established": true}]'; echo because >&2; exit 3`)
	if err == nil || !strings.HasSuffix(err.Error(), "ended: exit status 3: because") {
		t.Error(err)
	}
	if len(heard) != 1 || !heard[0][0].Established {
		t.Errorf("heard %+v, want the session, established", heard)
	}
	if len(after) != 1 || after[0].Established || after[0].ASN != 65000 {
		t.Errorf("afterwards there is %+v, want a session that is not established", after)
	}
}

// What is not a session for each peer is not believed.
func TestSpeakerThatMakesNoSense(t *testing.T) {
	for _, says := range []string{`[{}, {}]`, `[]`, `{`, `"up"`} {
		heard, after, err := run(t, "echo '"+says+"'")
		if err == nil || heard != nil || len(after) != 1 {
			t.Errorf("%s: heard %+v, there is %+v, %v", says, heard, after, err)
		}
	}
}
