// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Identities of those who have no endpoint here.
const (
	idHost       = uint32(bpf.EndpointIdentityIDENTITY_HOST)
	idWorld      = uint32(bpf.EndpointIdentityIDENTITY_WORLD)
	idRemoteNode = uint32(bpf.EndpointIdentityIDENTITY_REMOTE_NODE)
	idCIDR       = uint32(bpf.EndpointIdentityIDENTITY_FIRST_CIDR)
)

// gatewayMAC is what containers send to; routerMAC what the host's stack listens on.
var (
	gatewayMAC = net.HardwareAddr{2, 0, 0, 0, 0, 0xfe}
	routerMAC  = net.HardwareAddr{2, 0, 0, 0, 0, 0xff}
)

// Who is outside. The office has a CIDR identity, an absentee would be in the cluster.
var (
	gateway  = end{gatewayMAC, netip.MustParseAddr("10.1.0.1"), netip.MustParseAddr("fd00:0:0:1::1")}
	world    = end{routerMAC, netip.MustParseAddr("198.51.100.9"), netip.MustParseAddr("2001:db8:f::9")}
	office   = end{routerMAC, netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("2001:db8:c::9")}
	absentee = end{routerMAC, netip.MustParseAddr("10.1.9.9"), netip.MustParseAddr("fd00:0:0:1::9999")}
)

var outside = map[string]uint32{
	"10.1.0.0/16": 0, "fd00:0:0:1::/64": 0,
	"10.1.0.1/32": idHost, "fd00:0:0:1::1/128": idHost, "192.0.2.1/32": idHost, "2001:db8::1/128": idHost,
	"203.0.113.0/24": idCIDR, "2001:db8:c::/48": idCIDR,
}

// node is the datapath of one node without its devices: programs, on maps that no other test sees. Packets go in by
// BPF_PROG_TEST_RUN, which reports a redirect but does not follow it.
type node struct {
	testing.TB
	bpf.EndpointMaps
	shared     map[string]*ebpf.Map
	chunks     map[uint32]*ebpf.Map // counters
	templates  *ebpf.CollectionSpec // of judges
	router     *endpoint
	endpoints  []*endpoint
	generation uint32
	rulings    uint32             // numbers given out
	uplink     *testbed.Namespace // where the ways to nodes are that take packets as they are; nil: there are none
	natives    map[byte]bool      // the numbers of those
	before     counters
}

// second is how many jiffies make one.
var second = func() uint32 {
	jiffies, err := bpf.Second()
	if err != nil {
		panic(err)
	}
	return jiffies
}()

// newNode makes the maps and the router device's program. tune may change the maps' specifications.
func newNode(t testing.TB, tune ...func(map[string]*ebpf.MapSpec)) *node {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: loads BPF programs")
	}
	n := &node{TB: t, shared: map[string]*ebpf.Map{}, chunks: map[uint32]*ebpf.Map{}}
	n.templates = n.object(bpf.LoadJudge)
	spec := n.object(bpf.LoadEndpoint)
	for _, f := range tune {
		f(spec.Maps)
	}
	delete(spec.Maps, ".rodata")
	spec.Maps[bpf.EndpointMapCounters].InnerMap.MaxEntries = slotsHere
	for name, m := range spec.Maps {
		if m.Type != ebpf.RingBuf && name != bpf.EndpointMapKnownIdentities {
			m.MaxEntries = min(m.MaxEntries, 1024) // enough here, and much faster to make
		}
		created, err := ebpf.NewMap(m)
		n.must(err)
		t.Cleanup(func() { created.Close() })
		n.shared[name] = created
	}
	n.must((&ebpf.Collection{Maps: maps.Clone(n.shared)}).Assign(&n.EndpointMaps))
	n.addChunk(0, spec.Maps[bpf.EndpointMapCounters].InnerMap)
	n.addChunk(1, spec.Maps[bpf.EndpointMapCounters].InnerMap)
	for slot := range uint32(slotsHere - 1) {
		n.must(n.FreeCounters.Put(nil, slot+1))
	}
	for prefix, identity := range outside {
		n.must(n.Outside.Put(prefixKey(netip.MustParsePrefix(prefix)), bpf.EndpointOutsider{Identity: identity}))
	}
	n.router = n.add(&endpoint{end: end{mac: routerMAC}})
	settle := n.startNode(n.object(bpf.LoadSettle)).Programs[bpf.SettleProgSettle]
	n.must(n.Stages.Put(uint32(bpf.EndpointStageSTAGE_SETTLE), settle))
	slow := n.startNode(n.object(bpf.LoadSlow)).Programs[bpf.SlowProgSlowPath]
	n.must(n.Stages.Put(uint32(bpf.EndpointStageSTAGE_SLOW_PATH), slow))
	toNode := n.start(n.object(bpf.LoadToNode)).Programs[bpf.ToNodeProgToNode]
	n.must(n.Stages.Put(uint32(bpf.EndpointStageSTAGE_TO_NODE), toNode))
	n.reset()
	return n
}

// slotsHere are enough for any test: those of a chunk that is a whole one take more memory.
const slotsHere = 1000

func (n *node) addChunk(chunk uint32, spec *ebpf.MapSpec) {
	n.Helper()
	counters, err := ebpf.NewMap(spec)
	n.must(err)
	n.Cleanup(func() { counters.Close() })
	n.must(n.Counters.Put(chunk, counters))
	n.chunks[chunk] = counters
}

// object reads an object's specification. Nothing of it is pinned.
func (n *node) object(object func() (*ebpf.CollectionSpec, error)) *ebpf.CollectionSpec {
	n.Helper()
	spec, err := object()
	n.must(err)
	for _, m := range spec.Maps {
		m.Pinning = ebpf.PinNone
	}
	return spec
}

// start loads programs that use the node's maps.
func (n *node) start(spec *ebpf.CollectionSpec) *ebpf.Collection {
	n.Helper()
	replacements := map[string]*ebpf.Map{}
	for name := range spec.Maps {
		if shared := n.shared[name]; shared != nil {
			spec.Maps[name].MaxEntries = shared.MaxEntries() // a test may have tuned it
			replacements[name] = shared
		}
	}
	loaded, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: replacements})
	n.must(err)
	n.Cleanup(loaded.Close)
	return loaded
}

// startNode loads those of which a node has one, with the gateway's constants.
func (n *node) startNode(spec *ebpf.CollectionSpec) *ebpf.Collection {
	n.Helper()
	n.must(spec.Variables[bpf.SlowVarConfig].Set(bpf.EndpointNodeConfig{
		Gateway6: address(gateway.ip6), Gateway4: address(gateway.ip4), Second: second, GatewayMac: [6]uint8(gatewayMAC), HasIpv6: 1, HasIpv4: 1,
	}))
	return n.start(spec)
}

// budgeted is more than the number of any endpoint in these tests.
const budgeted = 64

// reset forgets flows and fragments, and what was spent on events and ICMP errors.
func (n *node) reset() {
	n.Helper()
	for _, m := range []*ebpf.Map{n.Flows, n.Overflow, n.Fragments} {
		n.empty(m)
	}
	n.must(n.OverflowUsage.Put(uint32(0), bpf.EndpointOverflowUse{}))
	for id := range uint32(budgeted) {
		n.must(n.WaitingFlows.Put(id, bpf.EndpointWaiting{}))
	}
	for index := range uint32(budgeted * budgetKinds) {
		n.must(n.Budgets.Put(index, bpf.EndpointBudget{}))
	}
}

// run does something where the host's routes are.
func (n *node) run(f func() error) {
	n.Helper()
	if n.uplink != nil {
		n.uplink.Must(f)
		return
	}
	n.must(f())
}

func (n *node) empty(m *ebpf.Map) {
	n.Helper()
	for {
		key, err := m.NextKeyBytes(nil)
		n.must(err)
		if key == nil {
			return
		}
		if err := m.Delete(key); !errors.Is(err, ebpf.ErrKeyNotExist) {
			n.must(err)
		}
	}
}

func (n *node) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatalf("%+v", err)
	}
}

// know tells the datapath that it has heard of a label set, or that it is gone.
func (n *node) know(identity uint32, known bool) {
	n.Helper()
	var word uint64
	n.must(n.KnownIdentities.Lookup(identity/64, &word))
	word &^= 1 << (identity % 64)
	if known {
		word |= 1 << (identity % 64)
	}
	n.must(n.KnownIdentities.Put(identity/64, word))
}

func prefixKey(p netip.Prefix) bpf.EndpointPrefixKey {
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	return bpf.EndpointPrefixKey{Length: uint32(bits), Address: address(p.Addr())}
}

// address is how the datapath has addresses: IPv4 mapped into IPv6.
func address(a netip.Addr) bpf.EndpointAddress {
	if !a.IsValid() {
		return bpf.EndpointAddress{}
	}
	return bpf.EndpointAddress{Bytes: a.As16()}
}
