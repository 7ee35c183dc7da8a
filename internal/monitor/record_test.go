// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// record returns the bytes that the kernel writes for an event.
func record(t testing.TB, raw bpf.EndpointEvent) []byte {
	t.Helper()
	bytes, err := binary.Append(nil, binary.NativeEndian, raw)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func address(text string) bpf.EndpointAddress {
	return bpf.EndpointAddress{Bytes: netip.MustParseAddr(text).As16()}
}

// network turns a port into the native number whose bytes are in network order.
func network(port uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, port))
}

// denied is what the kernel says of a SYN from endpoint 7 to endpoint 9.
func denied() bpf.EndpointEvent {
	return bpf.EndpointEvent{
		Source: address("2001:db8::7"), Destination: address("2001:db8::9"),
		SourcePort: network(40000), DestinationPort: network(80),
		SourceIdentity: 300, DestinationIdentity: 301,
		SourceEndpoint: 7, DestinationEndpoint: 9,
		Revision: 12, Length: 94, Interface: 5, Suppressed: 3,
		Type:     uint8(Drop),
		Verdict:  uint8(bpf.EndpointVerdictDROP_POLICY_DENIED),
		Protocol: 6,
		TcpFlags: uint8(bpf.EndpointTcpFlagsTCP_SYN),
	}
}

// shop is a node on which endpoint 7 is known, 9 is gone, and two identities have labels.
type shop struct{}

func (shop) Endpoint(id endpoint.ID) (string, labels.Set, bool) {
	if id == 7 {
		return "client", labels.Set{"role": "client", "build": "77"}, true
	}
	return "", nil, false
}

func (shop) Labels(number identity.Number) (labels.Set, bool) {
	set, found := map[identity.Number]labels.Set{300: {"role": "client"}, 301: {"role": "server"}}[number]
	return set, found
}

func (shop) Ruling(number uint32) (policy.Ruling, bool) {
	return canaries, number == canariesNumber
}

// canaries is a ruling that the shop's names know.
var canaries = policy.Ruling{Ingress: policy.Opinion{Cause: policy.CauseDeny, Policy: "shop", Rule: "no-canaries", Tier: 100}}

const canariesNumber = 7

func at(addr string, port uint16) Party {
	return Party{Address: netip.MustParseAddr(addr), Port: port}
}

var addresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
