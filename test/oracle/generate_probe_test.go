// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"math/rand/v2"
	"net/netip"
)

const probesInRound = 20

// someProbes can be told apart by their events: no two pings between the same two.
func (c *cluster) someProbes(random *rand.Rand) (probes []probe) {
	pings := map[wire]bool{}
	for len(probes) < probesInRound {
		p := c.someProbe(random)
		if p.isICMP() && pings[p.wire()] {
			continue
		}
		pings[p.wire()] = true
		probes = append(probes, p)
	}
	return probes
}

func (c *cluster) someProbe(random *rand.Rand) probe {
	v6 := chance(random, 50)
	i, j := random.IntN(len(c.containers)), random.IntN(len(c.containers)-1)
	if j >= i {
		j++ // never to itself
	}
	protocol := one(random, "tcp", "tcp", "udp", "udp", "icmp", "sctp")
	from, to := c.endOf(c.containers[i], v6), c.endOf(c.containers[j], v6)
	switch n := random.IntN(20); {
	case n < 4:
		to = c.someWorld(random, v6)
	case n < 7:
		from = c.someWorld(random, v6)
	case n < 8:
		from = c.hostEnd(v6)
	case n < 10:
		to = c.hostEnd(v6)
	}
	if protocol == "sctp" && (from.kind == theWorld || to.kind == theWorld) {
		protocol = "udp" // masquerading goes by SCTP's checksum, which the test leaves out
	}
	port := one(random, palette...)
	if protocol == "tcp" && chance(random, 20) {
		port = firstManyPort + random.IntN(manyPorts) // where nobody listens
	}
	return c.newProbe(from, to, protocol, port)
}

func (c *cluster) someWorld(random *rand.Rand, v6 bool) end {
	var addresses []netip.Addr
	for _, address := range c.world.addresses {
		if address.Is6() == v6 {
			addresses = append(addresses, address)
		}
	}
	return c.worldEnd(one(random, addresses...))
}

// someQuestions are about ends that there are none of on the test's node.
func (c *cluster) someQuestions(random *rand.Rand) []probe {
	known := func() end { return c.endOf(one(random, c.containers...), chance(random, 50)) }
	other := func(kind string) end { return end{who: who{kind: kind}, name: kind} }
	ask := func(from, to end) probe {
		return probe{from: from, to: to, protocol: one(random, "tcp", "udp", "sctp", "icmp", "icmpv6"), port: one(random, palette...)}
	}
	return []probe{ask(other(anInit), known()), ask(other(aRemoteNode), known()), ask(known(), other(aRemoteNode))}
}
