// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEngine is a stranger's afternoon with a real Docker engine. The steps build on what stands before them.
func TestEngine(t *testing.T) {
	b := newBench(t)
	one := b.network("one", "--ipv6")
	two := b.network("two")

	server := b.run("server", "--network", one, "--label", "role=server", "--label", "strange.ü= =,\"x")
	s := b.on(server, one)
	if got := s.Container.Labels; got["role"] != "server" || got["strange.ü"] != " =,\"x" {
		t.Errorf("labels of the server: %q", got)
	}
	b.reachable(s)

	client := b.run("client", "--network", two)
	c := b.on(client, two)
	b.reachable(c) // over IPv6 too, although its network was made without

	b.step("connect, name service, disconnect", func(b *bench) {
		b.docker("network", "connect", one, client)
		second := b.on(client, one)
		if second.Sandbox != c.Sandbox || c.Sandbox == "" {
			b.t.Errorf("sandboxes of one container: %q and %q", c.Sandbox, second.Sandbox)
		}
		found := b.get(c.IPv4, "/lookup?name="+server)
		for _, addr := range valid(s.IPv4, s.IPv6) {
			if !strings.Contains(found, addr.String()+"\n") {
				b.t.Errorf("%s is not in what the client finds: %q", addr, found)
			}
		}
		b.docker("network", "disconnect", one, client)
		b.reachable(c)
		if _, still := b.node.find(client, one); still {
			b.t.Error("disconnected, and the endpoint is still there")
		}
	})

	b.step("beside Docker's own networks", func(b *bench) {
		bridge := b.name + "-bridge"
		b.t.Cleanup(func() { b.try("network", "rm", bridge) })
		b.docker("network", "create", bridge)
		mixed := b.run("mixed", "--network", bridge)
		b.docker("network", "connect", two, mixed)
		b.on(mixed, two)
	})

	b.step("restart, rename", func(b *bench) {
		b.docker("restart", "-t", "0", server)
		s = b.on(server, one)
		b.reachable(s)
		b.docker("rename", server, server+"2")
		b.on(server+"2", one)
		b.docker("rename", server+"2", server)
		b.on(server, one)
	})

	b.step("the agent restarts", func(b *bench) {
		b.stop()
		b.reachable(s)
		b.forget()
		b.start()
		b.on(server, one)
		third := b.on(b.run("third", "--network", one), one)
		if third.IPv4 == s.IPv4 || third.IPv6 == s.IPv6 {
			b.t.Errorf("%v and %v were handed out twice", third.IPv4, third.IPv6)
		}
	})

	b.step("what Docker holds is damaged", func(b *bench) {
		b.stop()
		b.forget()
		if err := os.WriteFile(b.state, []byte(`{"version": 1, "addr`), 0o600); err != nil {
			b.t.Fatal(err)
		}
		b.start()
		for _, addr := range valid(s.IPv4, s.IPv6, c.IPv4, c.IPv6) {
			if !b.live.network.ledger.holds(addr) {
				b.t.Errorf("%v is in use, and not held any more", addr)
			}
		}
		b.reachable(s)
	})

	b.step("an endpoint that Docker has forgotten", func(b *bench) {
		b.stop()
		a := Attachment{ID: strings.Repeat("0f", 32), Network: "gone", IPv4: netip.MustParseAddr("10.99.1.200"), MAC: macFor("x")}
		if err := b.node.Create(b.t.Context(), a); err != nil {
			b.t.Fatal(err)
		}
		b.start()
		b.eventually("the orphan is removed", func() bool {
			return !slices.ContainsFunc(b.node.Attachments(), func(x Attachment) bool { return x.ID == a.ID })
		})
	})
}

// TestEngineAddresses asks for particular addresses, and for ones that can not be.
func TestEngineAddresses(t *testing.T) {
	b := newBench(t)

	b.step("a range of the node's prefixes", func(b *bench) {
		net := b.network("range", "--subnet", "10.99.1.128/25", "--gateway", "10.99.1.129", "--ipv6", "--subnet", "fd63:7465:7374:1:5::/80")
		w := b.on(b.run("chosen", "--network", net, "--ip", "10.99.1.200", "--ip6", "fd63:7465:7374:1:5::99"), net)
		if w.IPv4.String() != "10.99.1.200" || w.IPv6.String() != "fd63:7465:7374:1:5::99" {
			b.t.Errorf("asked for others than %v, %v", w.IPv4, w.IPv6)
		}
		b.reachable(w)
		other := b.on(b.run("other", "--network", net), net)
		if got := other.IPv4.String(); got != "10.99.1.130" {
			b.t.Errorf("first free address of the range: %s", got)
		}
		out, err := b.try("run", "--rm", "--network", net, "--ip", "10.99.1.200", b.name)
		if err == nil || !strings.Contains(out, "in use") {
			b.t.Errorf("an address twice: %v, %s", err, out)
		}
	})

	b.step("a subnet elsewhere", func(b *bench) {
		net := b.network("own", "--subnet", "10.98.7.0/24", "--ip-range", "10.98.7.64/26", "--gateway", "10.98.7.254", "--aux-address", "a=10.98.7.65")
		w := b.on(b.run("own", "--network", net), net)
		if got := w.IPv4.String(); got != "10.98.7.66" {
			b.t.Errorf("first free address of the range: %s", got)
		}
		b.reachable(w)
		out, err := b.try("network", "create", "-d", b.name, "--ipam-driver", b.name, "--subnet", "10.98.7.128/25", b.name+"-overlap")
		if err == nil || !strings.Contains(out, errOverlap.Error()) {
			b.t.Errorf("overlapping subnets: %v, %s", err, out)
		}
	})

	b.step("IPv6 alone", func(b *bench) {
		b.stop()
		b.lend.v4 = nil
		b.start()
		out, err := b.try("network", "create", "-d", b.name, "--ipam-driver", b.name, "--ipv6", b.name+"-no4")
		if err == nil || !strings.Contains(out, errNoIPv4.Error()) {
			b.t.Errorf("IPv4 pool of an agent without IPv4: %v, %s", err, out)
		}
		net := b.name + "-six"
		b.docker("network", "create", "-d", b.name, "--ipam-driver", "null", net)
		b.t.Cleanup(func() { b.try("network", "rm", net) })
		w := b.on(b.run("six", "--network", net), net)
		if w.IPv4.IsValid() {
			b.t.Errorf("got %v", w.IPv4)
		}
		b.get(w.IPv6, "/")
	})

	b.step("refused", func(b *bench) {
		for want, args := range map[error][]string{
			errForeignIPAM: {"-d", b.name},
			errInternal:    {"-d", b.name, "--ipam-driver", "null", "--internal"},
		} {
			out, err := b.try(append(append([]string{"network", "create"}, args...), b.name+"-refused")...)
			if err == nil || !strings.Contains(out, want.Error()) {
				b.t.Errorf("network create %v: %v, %s", args, err, out)
			}
		}
	})

	if held := b.live.network.ledger.holding; len(held.Pools)+len(held.Addresses)+len(held.Endpoints) != 0 {
		t.Errorf("everything was removed, and this is still held: %+v", held)
	}
}
