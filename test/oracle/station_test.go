// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"

	"github.com/hypha-net/hypha/internal/testbed"
)

// palette are the ports that packets are sent to, and the rules' ranges begin and end at: neighbours, so that an error by one shows.
var palette = []int{1, 53, 79, 80, 81, 443, 999, 1000, 1001, 8080, 9100, 65535}

// station is a network namespace that packets start from and come to: it answers on all ports of the palette.
type station struct {
	*testbed.Namespace
	addresses []netip.Addr
	arrivals  *arrivals
}

// arrivals are the source ports of what has reached anybody. Each probe has its own.
type arrivals struct {
	mu   sync.Mutex
	came map[int]chan struct{}
}

func newArrivals() *arrivals { return &arrivals{came: map[int]chan struct{}{}} }

// of is closed when something from the source port arrives.
func (a *arrivals) of(source int) chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.came[source] == nil {
		a.came[source] = make(chan struct{})
	}
	return a.came[source]
}

func (a *arrivals) note(source int) {
	came := a.of(source)
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-came:
	default:
		close(came)
	}
}

// forget is for source ports that go round.
func (a *arrivals) forget(source int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.came, source)
}

// serve is called when all addresses are there.
func (s *station) serve() {
	for _, port := range palette {
		go s.answerTCP(s.Listen("tcp", ":"+itoa(port)))
		for _, address := range s.addresses {
			go s.answerUDP(s.ListenPacket("udp", net.JoinHostPort(address.String(), itoa(port))))
		}
	}
	for _, address := range s.addresses {
		go s.hearSCTP(s.ListenPacket(ipNetwork(address)+":132", address.String()))
	}
}

func ipNetwork(address netip.Addr) string {
	if address.Is4() {
		return "ip4"
	}
	return "ip6"
}

// answerTCP sends nothing by itself, not even a FIN: the packets of a connection are the client's to count.
func (s *station) answerTCP(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return // the test ends
		}
		if err != nil {
			continue // reset before it was accepted
		}
		s.arrivals.note(c.RemoteAddr().(*net.TCPAddr).Port)
		go func() {
			io.Copy(io.Discard, c) //nolint:errcheck // ends with the client's reset
			c.Close()
		}()
	}
}

func (s *station) answerUDP(c net.PacketConn) {
	buf := make([]byte, 64)
	for {
		size, from, err := c.ReadFrom(buf)
		if err != nil {
			return // the test ends
		}
		s.arrivals.note(from.(*net.UDPAddr).Port)
		c.WriteTo(buf[:size], from) //nolint:errcheck // the client waits for it
	}
}

// hearSCTP reads the source port, the first two bytes of the header.
func (s *station) hearSCTP(c net.PacketConn) {
	buf := make([]byte, 64)
	for {
		size, _, err := c.ReadFrom(buf)
		if err != nil {
			return // the test ends
		}
		if size >= 2 {
			s.arrivals.note(int(buf[0])<<8 | int(buf[1]))
		}
	}
}
