// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// end is one end of a probe.
type end struct {
	who
	*station
	address netip.Addr
	name    string // what explain calls it
}

// probe is a real packet that opens a flow, and no second one like it is on its way.
type probe struct {
	from, to end
	protocol string
	port     int
	source   int // port, or an echo's identifier: a new one for each, so that no flow is taken up again
}

const (
	firstSource = 20_000
	lastSource  = 60_000
)

func (c *cluster) newProbe(from, to end, protocol string, port int) probe {
	if c.lastSource++; c.lastSource == lastSource {
		c.lastSource = firstSource
	}
	c.arrivals.forget(c.lastSource)
	if protocol == "icmp" && from.address.Is6() {
		protocol = "icmpv6"
	}
	return probe{from, to, protocol, port, c.lastSource}
}

func (c *cluster) endOf(one *container, v6 bool) end {
	address := one.addresses[0]
	if v6 {
		address = one.addresses[1]
	}
	return end{who{kind: anEndpoint, labels: one.labels}, one.station, address, one.name}
}

func (c *cluster) hostEnd(v6 bool) end {
	address := c.host.addresses[0]
	if v6 {
		address = c.host.addresses[1]
	}
	return end{who{kind: theHost}, c.host, address, address.String()}
}

func (c *cluster) worldEnd(address netip.Addr) end {
	return end{who{kind: theWorld, addr: address}, c.world, address, address.String()}
}

func (p probe) isICMP() bool { return p.protocol == "icmp" || p.protocol == "icmpv6" }

// flow is the probe as rules see it.
func (p probe) flow() flow {
	f := flow{p.from.who, p.to.who, p.protocol, p.port}
	switch p.protocol {
	case "icmp":
		f.port = echo4
	case "icmpv6":
		f.port = echo6
	}
	return f
}

func (p probe) wire() wire {
	w := wire{p.protocol, p.from.address, p.to.address, p.source, p.port}
	if p.isICMP() {
		w.source, w.port = 0, 0
	}
	return w
}

// portText is what explain calls the port.
func (p probe) portText() string {
	if p.isICMP() {
		return p.protocol
	}
	return fmt.Sprintf("%d/%s", p.port, p.protocol)
}

func (p probe) String() string {
	return fmt.Sprintf("%s %s → %s %s, from port or identifier %d", p.from.name, p.from.address, p.portText(), p.to.address, p.source)
}

// send returns when the probe is answered. An error says that it was not, as far as can be told within the time.
func (p probe) send(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return p.answered(ctx)
}

// packets says how many a probe that passes makes in each direction.
func (p probe) packets() (there, back uint64) {
	switch {
	case p.protocol == "tcp" && slices.Contains(palette, p.port):
		return 3, 1 // SYN, ACK, RST; SYN ACK
	case p.protocol == "sctp":
		return 1, 0
	}
	return 1, 1
}
