// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"os"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"
)

// Port is a raw socket on an Ethernet interface: it captures what passes, in both
// directions, and sends frames as they are.
type Port struct {
	tb   TB
	file *os.File
}

// Port opens a port on an interface of the namespace. From now on it captures, also what
// nobody reads yet, as far as the socket's buffer goes (4 MiB).
func (n *Namespace) Port(name string) *Port {
	n.tb.Helper()
	index := n.Link(name).Attrs().Index
	p := &Port{tb: n.tb}
	n.Must(func() (err error) {
		p.file, err = openPacket(index)
		return err
	})
	n.tb.Cleanup(func() { p.file.Close() })
	return p
}

// openPacket is packet(7): a socket that sees nothing until it is bound to its interface.
func openPacket(index int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening a packet socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), "packet socket")
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL), Ifindex: index})
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("binding a packet socket: %w", err)
	}
	return file, nil
}

// Send puts a whole Ethernet frame on the wire.
func (p *Port) Send(frame []byte) {
	p.tb.Helper()
	if _, err := p.file.Write(frame); err != nil {
		p.tb.Fatalf("sending a frame: %v", err)
	}
}

// Wait returns the first captured frame that match likes. It fails the test if
// none comes before the deadline.
func (p *Port) Wait(deadline time.Time, match func(gopacket.Packet) bool) gopacket.Packet {
	p.tb.Helper()
	if found := p.read(deadline, match, true); len(found) == 1 {
		return found[0]
	}
	p.tb.Fatalf("no frame came that was waited for")
	return nil
}

// Ask sends a frame until a captured one is an answer that match likes, every quarter of a second: what a kernel has just been given, an
// address or a route, it puts into force when it gets round to it. It fails the test if no answer comes before the deadline.
func (p *Port) Ask(frame []byte, deadline time.Time, match func(gopacket.Packet) bool) gopacket.Packet {
	p.tb.Helper()
	for next := time.Now(); next.Before(deadline); {
		p.Send(frame)
		next = next.Add(time.Second / 4)
		if found := p.read(next, match, true); len(found) == 1 {
			return found[0]
		}
	}
	p.tb.Fatalf("no answer came")
	return nil
}

// Captured returns the frames until now that match likes, and forgets the others.
func (p *Port) Captured(match func(gopacket.Packet) bool) []gopacket.Packet {
	return p.read(time.Now().Add(time.Millisecond), match, false)
}

func (p *Port) read(deadline time.Time, match func(gopacket.Packet) bool, once bool) (found []gopacket.Packet) {
	if err := p.file.SetReadDeadline(deadline); err != nil {
		p.tb.Fatalf("capturing: %v", err)
	}
	buf := make([]byte, 1<<16)
	for {
		size, err := p.file.Read(buf)
		if err != nil {
			return found
		}
		packet := Decode(append([]byte(nil), buf[:size]...))
		if match(packet) {
			found = append(found, packet)
		}
		if once && len(found) > 0 {
			return found
		}
	}
}

// Decode takes an Ethernet frame apart.
func Decode(frame []byte) gopacket.Packet {
	return gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.NoCopy)
}

func bigEndian(v uint16) uint16 { return v<<8 | v>>8 }
