// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
)

func TestExceptIsCutOut(t *testing.T) {
	e := entry{key: "from", peers: []string{"cidr:10.0.0.0/8", "cidr:10.9.0.0/16", "a=b"}, except: []string{"10.1.2.0/24", "cidr:10.1.0.0/16", "10.9.9.0/24"}}
	peers, err := e.readPeers()
	if err != nil {
		t.Fatal(err)
	}
	if peers[0].key() != "cidr:10.0.0.0/8-10.1.0.0/16-10.9.9.0/24" || peers[1].key() != "cidr:10.9.0.0/16-10.9.9.0/24" {
		t.Errorf("%s, %s", peers[0].key(), peers[1].key())
	}
	for prefix, want := range map[string]bool{
		"10.0.0.0/8": true, "10.2.0.0/16": true, "10.9.0.0/16": true, "10.9.8.0/24": true,
		"10.1.0.0/16": false, "10.1.2.0/24": false, "10.1.9.9/32": false, "10.9.9.0/24": false, "11.0.0.0/8": false, "0.0.0.0/0": false,
	} {
		p := Peer{ID: identity.FirstCIDR, Prefix: netip.MustParsePrefix(prefix)}
		if got := peers[0].matches(p); got != want {
			t.Errorf("%s: %v", prefix, got)
		}
	}
}

func TestExceptLeavesSomething(t *testing.T) {
	for _, except := range [][]string{
		nil, {"10.0.0.0/9"}, {"10.0.0.0/9", "10.128.0.0/10"}, {"10.0.0.0/9", "10.0.0.0/9", "10.64.0.0/10"}, {"10.0.0.1/32", "10.0.0.0/32"},
	} {
		e := entry{key: "to", peers: []string{"cidr:10.0.0.0/8"}, except: except}
		if peers, err := e.readPeers(); err != nil || peers[0].isEmptied() {
			t.Errorf("%v: %v %v", except, peers, err)
		}
	}
}
