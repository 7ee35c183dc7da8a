// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// patience bounds what must happen, and does.
const patience = 30 * time.Second

// longConnection speaks over one connection until ctx ends.
func (s *stage) longConnection(ctx context.Context) error {
	conn, err := s.steady.Dial(s.Context(), "tcp", s.targets[0].String())
	if err != nil {
		return err
	}
	defer conn.Close()
	s.connections.Add(1)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for said := 0; ; said++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := echo(conn); err != nil {
			return fmt.Errorf("the long connection broke after %d bytes: %w", said, err)
		}
	}
}

// shortConnections makes connection after connection until ctx ends.
func (s *stage) shortConnections(ctx context.Context) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.shortConnection(n % 2); err != nil {
			return fmt.Errorf("short connection %d: %w", n, err)
		}
		s.connections.Add(1)
	}
}

func (s *stage) shortConnection(family int) error {
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	conn, err := s.steady.Dial(ctx, "tcp", s.targets[family].String())
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := echo(conn); err != nil {
		return err
	}
	return conn.(*net.TCPConn).SetLinger(0) // else its port is taken for a minute
}

// echo sends a byte, and waits until it is back.
func echo(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte{'x'}); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err
}
