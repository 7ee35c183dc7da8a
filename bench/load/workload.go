// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"time"
)

// Workload is one kind of traffic.
type Workload struct {
	Name  string // in reports: "tcp-rr"
	Title string // for people: "TCP request/response"
	Unit  string // of its rate: "transactions/s"

	ipv4 bool
	work func(*trial) error
}

// Workloads are all of them, in the order of the tables.
var Workloads = []Workload{
	{Name: "tcp-rr", Title: "TCP request/response", Unit: "transactions/s", work: tcpRequestResponse},
	{Name: "tcp-crr", Title: "TCP connect-request-close", Unit: "transactions/s", work: tcpConnectRequestClose},
	{Name: "tcp-connect", Title: "TCP connects, 4 threads", Unit: "connections/s", work: tcpConnect},
	{Name: "udp-rr", Title: "UDP request/response", Unit: "transactions/s", work: udpRequestResponse},
	{Name: "udp-small", Title: "UDP packets of 18 bytes", Unit: "packets/s", work: udpSmall},
	{Name: "tcp-stream-6", Title: "TCP stream, IPv6", Unit: "bits/s", work: tcpStream(1)},
	{Name: "tcp-stream-4", Title: "TCP stream, IPv4", Unit: "bits/s", ipv4: true, work: tcpStream(1)},
	{Name: "tcp-stream-6x8", Title: "8 TCP streams, IPv6", Unit: "bits/s", work: tcpStream(8)},
	{Name: "tcp-stream-4x8", Title: "8 TCP streams, IPv4", Unit: "bits/s", ipv4: true, work: tcpStream(8)},
}

// FirstPackets is for the programs' own time. It is none of the workloads: its rate is that of making packets, and says nothing.
var FirstPackets = Workload{Name: "udp-flows", Title: "UDP, each packet of a new flow", Unit: "packets/s", work: udpFlows}

// Run measures one sample of about d, after a tenth of that to warm up. An error makes the sample void.
func (w Workload) Run(ctx context.Context, p Path, d time.Duration) (Sample, error) {
	warmup, err := w.try(ctx, p, d/10)
	if err != nil {
		return Sample{}, err
	}
	s, err := w.try(ctx, p, d)
	s.Warmup = warmup.Operations
	return s, err
}

func (w Workload) try(ctx context.Context, p Path, d time.Duration) (Sample, error) {
	t := newTrial(ctx, p, w.ipv4, d)
	defer t.close()
	if err := w.work(t); err != nil {
		return Sample{}, err
	}
	return t.sample()
}
