// SPDX-License-Identifier: Apache-2.0

package load

import "time"

// Workload is one kind of traffic.
type Workload struct {
	Name  string // in reports: "tcp-rr"
	Title string // for people: "TCP request/response"
	Unit  string // of its rate: "transactions/s"

	ipv4 bool
	one  bool               // CPU for both ends
	many bool               // threads on each, that wait for each other's turns on the CPU
	work func(*trial) error // opens sockets, adds threads
}

// Workloads are all of them, in the order of the tables.
var Workloads = []Workload{
	{Name: "tcp-rr", Title: "TCP request/response", Unit: "transactions/s", work: tcpRequestResponse},
	{Name: "tcp-crr", Title: "TCP connect-request-close", Unit: "transactions/s", work: tcpConnectRequestClose},
	{Name: "tcp-connect", Title: "TCP connects, 4 threads", Unit: "connections/s", many: true, work: tcpConnect},
	{Name: "udp-rr", Title: "UDP request/response", Unit: "transactions/s", work: udpRequestResponse},
	{Name: "udp-small", Title: "UDP packets of 18 bytes", Unit: "packets/s", work: udpSmall},
	{Name: "tcp-rr-1cpu", Title: "TCP request/response, one CPU", Unit: "transactions/s", one: true, work: tcpRequestResponse},
	{Name: "tcp-crr-1cpu", Title: "TCP connect-request-close, one CPU", Unit: "transactions/s", one: true, work: tcpConnectRequestClose},
	{Name: "udp-rr-1cpu", Title: "UDP request/response, one CPU", Unit: "transactions/s", one: true, work: udpRequestResponse},
	{Name: "tcp-stream-6", Title: "TCP stream, IPv6", Unit: "bits/s", work: tcpStream(1)},
	{Name: "tcp-stream-4", Title: "TCP stream, IPv4", Unit: "bits/s", ipv4: true, work: tcpStream(1)},
	{Name: "tcp-stream-6x8", Title: "8 TCP streams, IPv6", Unit: "bits/s", work: tcpStream(8)},
	{Name: "tcp-stream-4x8", Title: "8 TCP streams, IPv4", Unit: "bits/s", ipv4: true, work: tcpStream(8)},
}

// FirstPackets is for the programs' own time. It is none of the workloads: its rate is that of making packets, and says nothing.
var FirstPackets = Workload{Name: "udp-flows", Title: "UDP, each packet of a new flow", Unit: "packets/s", work: udpFlows}

// Turn is how long the workload's traffic flows before it is another contestant's turn: shorter than what makes a virtual machine's CPUs
// faster and slower by a half; and longer than it takes all threads of one end to get the CPU.
func (w Workload) Turn() time.Duration {
	if w.many {
		return 40 * time.Millisecond
	}
	return 10 * time.Millisecond
}
