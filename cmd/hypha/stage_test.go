// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/testbed"
)

// stage is the endpoints that talk while policies take turns.
type stage struct {
	*victim
	targets     [2]netip.AddrPort // the server's
	shooters    []*shooter
	at          map[netip.Addr]*shooter
	steady      *testbed.Namespace
	connections atomic.Uint64 // that the steady client has made
	promised    atomic.Uint64 // the last revision that an apply said is in force
}

func newStage(v *victim) *stage {
	v.Helper()
	server := testbed.NewNamespace(v, "server")
	s := &stage{victim: v, targets: v.attach("server", server, "server"), at: map[netip.Addr]*shooter{}}
	s.promised.Store(1)
	for _, name := range []string{"a1", "a2", "b1", "b2"} {
		s.addShooter(name)
	}
	s.steady = testbed.NewNamespace(v, "c")
	v.attach("c", s.steady, "c")
	server.ServeTCP(":80")
	go s.receive(server.ListenPacket("udp", ":80"))
	return s
}

func (s *stage) addShooter(name string) {
	s.Helper()
	shooter := &shooter{
		name: name, role: name[:1], container: testbed.NewNamespace(s, name), targets: s.targets,
		credit: make(chan struct{}, inFlight), flying: map[netip.AddrPort]*shot{},
	}
	for family, source := range s.attach(name, shooter.container, shooter.role) {
		shooter.sources[family] = source.Addr()
		s.at[source.Addr()] = shooter
	}
	s.shooters = append(s.shooters, shooter)
}

// attach makes a container an endpoint, and returns where its port 80 is, by IPv6 and by IPv4.
func (v *victim) attach(name string, container *testbed.Namespace, role string) [2]netip.AddrPort {
	v.Helper()
	v.add(name, container, role)
	e, err := v.api.Endpoint(v.Context(), name)
	if err != nil {
		v.Fatal(err)
	}
	return [2]netip.AddrPort{netip.AddrPortFrom(e.IPv6, 80), netip.AddrPortFrom(e.IPv4, 80)}
}

// receive notes which shots arrive, until the test ends.
func (s *stage) receive(conn net.PacketConn) {
	buf := make([]byte, 16)
	for {
		_, addr, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if from := plain(addr); from.Port() >= firstShot {
			if err := s.at[from.Addr()].learn(from, func(shot *shot) { shot.arrived = true }); err != nil {
				s.Error(err)
			}
		}
	}
}

// talk has everybody talk until ctx ends.
func (s *stage) talk(ctx context.Context, group *errgroup.Group) {
	for _, shooter := range s.shooters {
		group.Go(func() error { return shooter.shoot(ctx, s.promised.Load) })
	}
	group.Go(func() error { return s.longConnection(ctx) })
	group.Go(func() error { return s.shortConnections(ctx) })
}

// settle waits until the fate of every shot is known, or ctx ends.
func (s *stage) settle(ctx context.Context) {
	s.Helper()
	s.eventually("all shots have met their fate", func(context.Context) error {
		for _, shooter := range s.shooters {
			if err := shooter.flies(); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
}
