// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"sync"
	"testing"

	"github.com/gopacket/gopacket"

	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// While two tables that contradict each other are swapped, each packet is judged by one of them: verdict, ruling and revision
// belong together.
func TestSwapsUnderLoad(t *testing.T) {
	n := newNode(t)
	n.know(301, 302)
	client, server := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(2), peer(302))
	open, closed := allow(301), allow()
	closed.Kinds[0].Deny = deniedBy("other")
	a := &policy.Tables{Revision: 1001, Ingress: open, Egress: allow()}
	b := &policy.Tables{Revision: 1002, Ingress: closed, Egress: allow()}
	n.put(t, 302, a)
	byA := judged{Passed: true, Ruling: n.number(allowedBy("row")), Revision: 1001}
	byB := judged{Ruling: n.number(deniedBy("other")), Revision: 1002}

	stop, counts := make(chan struct{}), map[judged]int{}
	var sender sync.WaitGroup
	sender.Go(func() {
		cpu := stayOnOneCPU(t)
		for {
			select {
			case <-stop:
				return
			default:
			}
			stack := append([]gopacket.SerializableLayer{testbed.Ethernet(client.mac, n.config.Router.MAC), testbed.IP(client.addrs[0], server.addrs[0])}, n.opener(policy.TCP, 80)...)
			counts[n.ruledOn(t, cpu, client.program, testbed.Frame(stack...), server.addrs[0])]++
		}
	})
	for range 1000 {
		n.put(t, 302, b)
		n.put(t, 302, a)
	}
	close(stop)
	sender.Wait()
	for got, packets := range counts {
		if got != byA && got != byB {
			t.Errorf("%d packets were judged %+v: neither %+v nor %+v", packets, got, byA, byB)
		}
	}
	t.Logf("packets: %v", counts)
}

// A new agent on what the last one has left: not a packet is lost until it has made everything anew, nor while it does.
func TestRestartLosesNothing(t *testing.T) {
	n := newNode(t)
	n.know(301, 302)
	n.set(302, allow(301), allow())
	one, two := n.endpoint(1), n.endpoint(2)
	client, server := n.local(one, peer(301)), n.local(two, peer(302))
	traffic := func() {
		t.Helper()
		n.openFlows(t, client, server, 20, passed)
	}
	traffic() // before
	n.reopen()
	traffic() // before it knows anything
	n.know(301, 302)
	n.set(302, allow(301), allow())
	n.set(301, allow(), allow())
	traffic() // with tables that no endpoint has
	two.Identity = 302
	n.apply(two)
	traffic() // with one endpoint
	one.Identity = 301
	n.apply(one)
	client.program = n.program(1)
	traffic() // with both
	if report, _ := n.Report(2); report.Tables == nil || report.Revision != report.Tables.Revision {
		t.Errorf("%+v", report)
	}
	n.wantCounters(t, counted(client, server, 1, 2, n.number(allowedBy("row")), 100))
}
