// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// DefaultInterval is how often a node is asked whether it answers, in a cluster of up to a hundred.
const DefaultInterval = 10 * time.Second

// ErrHealthPort is returned when the port that other nodes ask at can not be had.
var ErrHealthPort = errors.New("the port at which other nodes ask for this one's health can not be had")

// HealthConfig says who asks, and from where.
type HealthConfig struct {
	Cluster   string // its ID, as the store has it
	Self      uint32 // number of this node
	Addresses []netip.Addr
	Gateway   netip.Addr // of this node's endpoints, by which it is asked through the datapath. Invalid: it is not
	Port      uint16
	Interval  time.Duration // 0: DefaultInterval
	Started   time.Time     // of the agent
}

// Health asks the nodes of a Directory again and again whether they answer, and answers them. It answers nobody else.
type Health struct {
	directory *Directory
	cluster   clusterID
	self      uint32
	interval  time.Duration
	started   time.Time
	sockets   []*net.UDPConn // one for each address
	gateway   *net.UDPConn   // nil: none

	mu     sync.Mutex // before the directory's
	peers  map[uint32]*peer
	agenda agenda
	met    *Snapshot // the one that peers are of
}

// OpenHealth listens at all addresses. ErrHealthPort.
func OpenHealth(config HealthConfig, directory *Directory) (h *Health, err error) {
	h = &Health{directory: directory, self: config.Self, interval: config.Interval, started: config.Started, peers: map[uint32]*peer{}}
	if h.interval == 0 {
		h.interval = DefaultInterval
	}
	if h.cluster, err = parseClusterID(config.Cluster); err != nil {
		return nil, err
	}
	for _, address := range config.Addresses {
		at := netip.AddrPortFrom(address, config.Port)
		socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%w: %s: %w: give it another --health-port", ErrHealthPort, at, errors.Unwrap(err)), h.Close())
		}
		h.sockets = append(h.sockets, socket)
	}
	if config.Gateway.IsValid() {
		err = h.listenAtGateway(netip.AddrPortFrom(config.Gateway, config.Port))
	}
	return h, err
}

// listenAtGateway listens at an address that may not be there yet.
func (h *Health) listenAtGateway(at netip.AddrPort) error {
	free := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1) }), err)
	}}
	socket, err := free.ListenPacket(context.Background(), "udp6", at.String())
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %s: %w: give it another --health-port", ErrHealthPort, at, err), h.Close())
	}
	h.gateway = socket.(*net.UDPConn)
	return nil
}

// all are the sockets.
func (h *Health) all() []*net.UDPConn {
	if h.gateway == nil {
		return h.sockets
	}
	return append(slices.Clone(h.sockets), h.gateway)
}

// Close stops listening. To close it again is no error.
func (h *Health) Close() error {
	var problems []error
	for _, socket := range h.all() {
		if err := socket.Close(); !errors.Is(err, net.ErrClosed) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// Run asks and answers until ctx is done, which is no error, and stops listening.
func (h *Health) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, socket := range h.all() {
		group.Go(func() error { return h.listen(ctx, socket) })
	}
	group.Go(func() error { return h.askAll(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		return h.Close()
	})
	return group.Wait()
}

// listen takes what comes in at a socket.
func (h *Health) listen(ctx context.Context, socket *net.UDPConn) error {
	buffer := make([]byte, messageSize+1) // what is longer is not ours
	for {
		size, from, err := socket.ReadFromUDPAddrPort(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listening for health messages: %w", err)
		}
		h.take(socket, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buffer[:size])
	}
}

// take answers a question, and notes an answer. Whoever is no node of this cluster is not heard.
func (h *Health) take(socket *net.UDPConn, from netip.AddrPort, raw []byte) {
	m, err := decodeMessage(raw)
	node, known := h.directory.Snapshot().At(from.Addr())
	if err != nil || m.cluster != h.cluster || !known || node.Number != m.number {
		return
	}
	if m.answer {
		h.answered(m, time.Now())
		return
	}
	m.answer, m.number, m.uptime = true, h.self, wholeSeconds(h.started)
	socket.WriteToUDPAddrPort(m.encode(), from) //nolint:errcheck // it is as if the answer were lost on the way
}
