// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	// pace keeps a sender below what the kernel reports: 100 drops in 100 ms of each endpoint.
	pace = 4 * time.Millisecond
	// inFlight is how many shots have not met their fate. All of them together are fewer than an event's reader may be behind.
	inFlight = 64
	// firstShot is the port of the first shot. Those below are for finding out whether somebody watches.
	firstShot = 1024
)

// shooter sends datagrams, each from another port and so a flow of its own, by IPv6 and IPv4 in turn.
type shooter struct {
	name, role string
	container  *testbed.Namespace
	sources    [2]netip.Addr     // its own addresses
	targets    [2]netip.AddrPort // the server's

	credit chan struct{} // has an item for each shot in flight
	lock   sync.Mutex
	flying map[netip.AddrPort]*shot // by source
	fates  fates
}

// shoot shoots until ctx ends. The error says that something came between.
func (s *shooter) shoot(ctx context.Context, promised func() uint64) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	return s.container.Do(func() error {
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			select {
			case <-ctx.Done():
				return nil
			case s.credit <- struct{}{}:
			}
			if err := s.fire(n%2, firstShot+n/2%(1<<16-firstShot), promised()); err != nil {
				return fmt.Errorf("shot %d of %s: %w", n, s.name, err)
			}
		}
	})
}

// fire sends a datagram whose fate will be known.
func (s *shooter) fire(family, port int, promised uint64) error {
	from := netip.AddrPortFrom(s.sources[family], uint16(port))
	s.lock.Lock()
	s.flying[from] = &shot{promised: promised}
	s.lock.Unlock()
	return s.send(family, port)
}

func (s *shooter) send(family, port int) error {
	conn, err := net.DialUDP("udp", &net.UDPAddr{Port: port}, net.UDPAddrFromAddrPort(s.targets[family]))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte("hello"))
	return err
}

// flies says which shot is in flight.
func (s *shooter) flies() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	for from, shot := range s.flying {
		return fmt.Errorf("%s: %d shots are in flight, one from %s: arrived: %t, event %+v", s.name, len(s.flying), from, shot.arrived, shot.event)
	}
	return nil
}
