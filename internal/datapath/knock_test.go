// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// stayOnOneCPU has all that a test runs in the kernel run on one CPU, whose scratch can be read then. It returns which.
func stayOnOneCPU(t *testing.T) int {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !before.IsSet(cpu) {
		cpu++
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.SchedSetaffinity(0, &before) })
	return cpu
}

// judged is what the programs did with a packet, and by which ruling.
type judged struct {
	Passed   bool
	Ruling   uint32 // with marks
	Revision uint32
}

// expected is what a table wants to be done with a packet.
func (n *node) expected(t rapid.TB, tables *policy.Tables, table *policy.Table, peer party, protocol policy.Protocol, port uint16) judged {
	t.Helper()
	ruling := table.Ruling(peer.ID, protocol, servicePort(protocol, port))
	number, err := number(&n.ledger, ruling)
	if err != nil {
		t.Fatal(err)
	}
	want := judged{Passed: ruling.Allowed, Ruling: number, Revision: uint32(tables.Revision)}
	if _, row := table.Rows.Kind(peer.ID); !row && !peer.known && !(ruling.Allowed && ruling.Audited) {
		want.Passed, want.Ruling = false, 0
	}
	return want
}

// servicePort is what tables take for the port: the request's type for ICMP.
func servicePort(protocol policy.Protocol, port uint16) uint16 {
	switch protocol {
	case policy.ICMP:
		return 8
	case policy.ICMPv6:
		return 128
	}
	return port
}

// asks opens a flow from one party to the other in every family that both have, and holds what is done with it against want.
// It returns how many packets that took.
func (n *node) asks(t rapid.TB, cpu int, from, to party, protocol policy.Protocol, port uint16, want judged) (packets int) {
	t.Helper()
	for _, source := range from.addrs {
		for _, destination := range to.addrs {
			if !carries(source, destination, protocol) {
				continue
			}
			stack := append([]gopacket.SerializableLayer{testbed.Ethernet(from.mac, n.config.Router.MAC), testbed.IP(source, destination)}, n.opener(protocol, port)...)
			if got := n.ruledOn(t, cpu, from.program, testbed.Frame(stack...), destination); got != want {
				t.Fatalf("%v (%v) to %v (%v), %v port %d: %+v, want %+v", from.ID, source, to.ID, destination, protocol, port, got, want)
			}
			packets++
		}
	}
	return packets
}

func carries(source, destination netip.Addr, protocol policy.Protocol) bool {
	return source.Is4() == destination.Is4() && !(protocol == policy.ICMP && source.Is6()) && !(protocol == policy.ICMPv6 && source.Is4())
}

// ruledOn runs a program on a frame, and reads what the judge has left in this CPU's scratch.
func (n *node) ruledOn(t rapid.TB, cpu int, program *ebpf.Program, frame []byte, destination netip.Addr) judged {
	t.Helper()
	action, err := program.Run(&ebpf.RunOptions{Data: frame, DataOut: make([]byte, len(frame)+256)})
	if err != nil {
		t.Fatal(err)
	}
	var scratch []bpf.EndpointJudgement
	if err := n.maps.Judgements.Lookup(uint32(0), &scratch); err != nil {
		t.Fatal(err)
	}
	s := scratch[cpu]
	if s.Packet.Destination != mapped(destination) {
		t.Fatalf("no judge was called: the packet's fate is %d", action)
	}
	return judged{Passed: action == actionRedirect, Ruling: s.Ruling.Number, Revision: s.Ruling.Revision}
}

// inBothDirections holds all that parties exchange with self against tables, at a port of each protocol. Those behind the
// router are outside: they also get packets.
func (n *node) inBothDirections(t rapid.TB, cpu int, tables *policy.Tables, self party, parties []party, protocol policy.Protocol, port uint16) (packets int) {
	t.Helper()
	for _, peer := range parties {
		packets += n.asks(t, cpu, peer, self, protocol, port, n.expected(t, tables, &tables.Ingress, peer, protocol, port))
		if peer.outside(n) {
			packets += n.asks(t, cpu, self, peer, protocol, port, n.expected(t, tables, &tables.Egress, peer, protocol, port))
		}
	}
	return packets
}

func (p party) outside(n *node) bool { return p.mac.String() == n.config.Router.MAC.String() }

// wantAnswers holds what Ask reads back against the tables.
func (n *node) wantAnswers(t rapid.TB, tables *policy.Tables, self Endpoint, peers []party, protocol policy.Protocol, port uint16) {
	t.Helper()
	for _, peer := range peers {
		for towards, table := range map[bool]*policy.Table{true: &tables.Ingress, false: &tables.Egress} {
			asked, err := n.Ask(self.ID, towards, peer.ID, protocol, servicePort(protocol, port))
			want := n.expected(t, tables, table, peer, protocol, port)
			_, row := table.Rows.Kind(peer.ID)
			verdict := TableVerdict{want.Passed, row || peer.known, want.Ruling &^ rulingAudit, tables.Revision}
			if err != nil || asked != verdict {
				t.Fatalf("Ask(towards %v, %v, %v port %d): %+v %v, want %+v", towards, peer.ID, protocol, port, asked, err, verdict)
			}
		}
	}
}

// know tells the kernel which label sets there are.
func (n *node) know(numbers ...identity.Number) {
	n.Helper()
	known := map[identity.Number]struct{}{}
	for _, number := range numbers {
		known[number] = struct{}{}
	}
	if err := n.SyncKnown(known); err != nil {
		n.Fatal(err)
	}
}
