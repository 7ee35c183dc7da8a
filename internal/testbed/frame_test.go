// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"
)

// wire is a node seen from the world's end of its cable: the kernel of the node is the
// oracle for what Frame builds, because it answers only to what is correct.
type wire struct {
	*Port
	node *Node
	mine net.HardwareAddr
	its  net.HardwareAddr
	ip4  netip.Addr // addresses that only our frames use, with neighbour entries
	ip6  netip.Addr
}

func newWire(t *testing.T) *wire {
	NeedRoot(t)
	w := NewWorld(t)
	node := w.NewNode("node")
	x := &wire{
		Port: w.Port("node1"), node: node,
		mine: net.HardwareAddr{2, 0, 0, 0, 0, 9}, its: node.Link(Uplink).Attrs().HardwareAddr,
		ip4: netip.MustParseAddr("192.0.2.9"), ip6: netip.MustParseAddr("2001:db8::9"),
	}
	index := node.Link(Uplink).Attrs().Index
	for _, ip := range []netip.Addr{x.ip4, x.ip6} {
		neigh := &netlink.Neigh{LinkIndex: index, IP: ip.AsSlice(), HardwareAddr: x.mine, State: netlink.NUD_PERMANENT}
		node.Must(func() error { return netlink.NeighSet(neigh) })
	}
	return x
}

// answered sends frames and asserts that the node answers with a layer that match likes.
func (x *wire) answered(t *testing.T, want gopacket.LayerType, frames ...[]byte) gopacket.Packet {
	t.Helper()
	for _, f := range frames {
		x.Send(f)
	}
	port := &Port{tb: t, file: x.file} // so that a subtest fails itself
	return port.Wait(time.Now().Add(10*time.Second), func(p gopacket.Packet) bool {
		return p.Layer(want) != nil && bytes.Equal(p.LinkLayer().LinkFlow().Src().Raw(), x.its)
	})
}

func TestKernelAnswersFrames(t *testing.T) {
	x := newWire(t)
	port4 := x.node.ServeUDP(netip.AddrPortFrom(x.node.IPv4, 0).String()).Port()
	port6 := x.node.ServeUDP(netip.AddrPortFrom(x.node.IPv6, 0).String()).Port()
	ether := func() *layers.Ethernet { return Ethernet(x.mine, x.its) }
	v4 := func() gopacket.SerializableLayer { return IP(x.ip4, x.node.IPv4) }
	v6 := func() gopacket.SerializableLayer { return IP(x.ip6, x.node.IPv6) }
	long4 := Frame(ether(), v4(), UDP(1, port4), Data(100))
	long6 := Frame(ether(), v6(), UDP(1, port6), Data(100))
	options6 := Frame(ether(), v6(), Extension(layers.IPProtocolIPv6Destination, 8), UDP(1, port6), Data(100))

	for _, c := range []struct {
		name   string
		want   gopacket.LayerType
		frames [][]byte
	}{
		{"ARP", layers.LayerTypeARP, [][]byte{ARP(x.mine, x.ip4, x.node.IPv4)}},
		{"neighbour solicitation", layers.LayerTypeICMPv6NeighborAdvertisement, [][]byte{NeighborSolicitation(x.mine, x.ip6, x.node.IPv6)}},
		{"ICMP echo", layers.LayerTypeICMPv4, [][]byte{Frame(ether(), v4(), ICMP(8, 0, 1, 2), Data(20))}},
		{"ICMPv6 echo", layers.LayerTypeICMPv6Echo, [][]byte{Frame(ether(), v6(), ICMPv6(128, 0), Data(20))}},
		{"TCP SYN, IPv4", layers.LayerTypeTCP, [][]byte{Frame(ether(), v4(), TCP(1, 9, "S"))}},
		{"TCP SYN, IPv6", layers.LayerTypeTCP, [][]byte{Frame(ether(), v6(), TCP(1, 9, "S"))}},
		{"UDP, IPv4", layers.LayerTypeUDP, [][]byte{long4}},
		{"UDP, IPv6", layers.LayerTypeUDP, [][]byte{long6}},
		{"fragments, IPv4", layers.LayerTypeUDP, Fragments(long4, 40, 7)},
		{"fragments, IPv6", layers.LayerTypeUDP, Fragments(long6, 40, 7)},
		{"fragments behind options, IPv6", layers.LayerTypeUDP, Fragments(options6, 40, 8)},
		{"extension headers", layers.LayerTypeUDP, [][]byte{Frame(ether(), v6(),
			Extension(layers.IPProtocolIPv6HopByHop, 8), Extension(layers.IPProtocolIPv6Destination, 24), UDP(1, port6), Data(1))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x.Captured(func(gopacket.Packet) bool { return false }) // forget what came before
			x.answered(t, c.want, c.frames...)
		})
	}
}

func TestFragmentsCoverThePacket(t *testing.T) {
	a, b := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	whole := Frame(Ethernet(make([]byte, 6), make([]byte, 6)), IP(a, b), UDP(1, 2), Data(92))
	var got []byte
	for _, f := range Fragments(whole, 32, 1) {
		got = append(got, f[14+40+8:]...)
	}
	if want := whole[14+40:]; !bytes.Equal(got, want) {
		t.Errorf("fragments together:\n%x\nthe packet:\n%x", got, want)
	}
}

// RFC 9260, section 6.8 and appendix A: CRC32c of a packet whose checksum field is zero.
func TestSCTPChecksum(t *testing.T) {
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	frame := Frame(Ethernet(make([]byte, 6), make([]byte, 6)), IP(a, b), SCTP(1, 2), Data(8))
	if got, want := frame[14+9], byte(132); got != want {
		t.Errorf("protocol %d, want %d", got, want)
	}
	if bytes.Equal(frame[14+20+8:14+20+12], make([]byte, 4)) {
		t.Errorf("no checksum in %x", frame[14+20:])
	}
}
