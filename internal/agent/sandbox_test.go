// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/netns"
)

// TestContainersOnSeveralNetworks is about every way from one container to another and back, over both families.
//
//	peer ── one ── both ── two
//	                 └──── bridge (Docker's own)
func TestContainersOnSeveralNetworks(t *testing.T) {
	m, inside := newMachine(t)
	if !inside {
		return
	}
	m.docker("network", "create", "-d", "hypha", "--ipam-driver", "hypha", "--ipv6", "one")
	m.docker("network", "create", "-d", "hypha", "--ipam-driver", "hypha", "--ipv6", "two")
	m.docker("network", "create", "bridged")
	m.docker("run", "-d", "--name", "peer", "--network", "one", "app")
	m.docker("run", "-d", "--name", "both", "--network", "one", "app")
	m.docker("network", "connect", "two", "both")
	m.reach("both", "one", "two")

	m.docker("network", "disconnect", "one", "both") // which it has its default routes by
	m.reach("both", "two")
	m.docker("network", "connect", "bridged", "both")
	m.docker("network", "connect", "one", "both")
	m.reach("both", "one", "two")

	m.docker("restart", "-t", "0", "both") // endpoints and addresses are new
	m.reach("both", "one", "two")
	m.docker("kill", "both")
	m.docker("start", "both")
	m.reach("both", "one", "two")

	m.docker("run", "-d", "--name", "mixed", "--network", "bridged", "app")
	m.docker("network", "connect", "two", "mixed")
	m.reach("mixed", "two")

	m.docker("rm", "-f", "peer", "both", "mixed")
	m.docker("network", "rm", "one", "two", "bridged")
	if left := m.agent.Endpoints(); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	if problems := m.agent.problems.list(); len(problems) != 0 {
		t.Errorf("problems: %q", problems)
	}
}

// reach asserts that peer reaches a container at its addresses in these networks, and is reached: from each of them, and
// from the one that the container's kernel chooses.
func (m *machine) reach(container string, networks ...string) {
	m.Helper()
	peer := m.on("peer", "one")
	for _, network := range networks {
		there := m.on(container, network)
		for _, pair := range [][2]netip.Addr{{peer.IPv6, there.IPv6}, {peer.IPv4, there.IPv4}} {
			at, here := pair[0], pair[1]
			m.get("peer", netip.Addr{}, here)
			m.get(container, here, at)
			m.get(container, netip.Addr{}, at)
		}
	}
}

// on returns the endpoint of a container in a network, once it is known whose it is.
func (m *machine) on(container, network string) (found endpoint.Endpoint) {
	m.Helper()
	id := m.docker("inspect", "-f", "{{.Id}}", container)
	m.eventually(container+" is known in "+network, func() error {
		for _, e := range m.agent.Endpoints() {
			if e.Container == id && e.Network == network {
				found = e.Endpoint
				return nil
			}
		}
		return fmt.Errorf("endpoints: %+v", m.agent.Endpoints())
	})
	return found
}

// get fetches a page from inside a container; the zero from leaves the choice to its kernel.
func (m *machine) get(container string, from, to netip.Addr) {
	m.Helper()
	sandbox, err := netns.Open(m.docker("inspect", "-f", "{{.NetworkSettings.SandboxKey}}", container))
	if err != nil {
		m.Fatal(err)
	}
	defer sandbox.Close()
	m.eventually(fmt.Sprintf("%s gets a page from %s as %s", container, to, from), func() error {
		return sandbox.Do(func() error {
			conn, err := dial(from, to)
			if err != nil {
				return err
			}
			defer conn.Close()
			client := http.Client{Timeout: time.Second, Transport: &http.Transport{
				DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
			}}
			answer, err := client.Get("http://" + netip.AddrPortFrom(to, 80).String())
			if err == nil {
				err = answer.Body.Close()
			}
			return err
		})
	})
}

// dial connects in the calling thread's namespace: with one address there is nothing to do at once in another thread.
func dial(from, to netip.Addr) (net.Conn, error) {
	dialer := net.Dialer{Timeout: time.Second}
	if from.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
	}
	return dialer.Dial("tcp", netip.AddrPortFrom(to, 80).String())
}
