// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/hypha-net/hypha/internal/testbed"
)

// each is one valid frame of every kind that is forwarded.
func each(from, to end, f family) map[string][]byte {
	whole := from.to(to, f, testbed.UDP(1000, 53), testbed.Data(64))
	frames := map[string][]byte{
		"TCP":            from.to(to, f, testbed.TCP(1000, 80, "S")),
		"UDP":            from.to(to, f, testbed.UDP(1000, 53), testbed.Data(5)),
		"SCTP":           from.to(to, f, testbed.SCTP(1000, 7), testbed.Data(20)),
		"echo":           from.echo(to, f, 7),
		"first fragment": testbed.Fragments(whole, 32, 7)[0],
		"later fragment": testbed.Fragments(whole, 32, 7)[1],
	}
	if f == ipv6 {
		frames["options"] = from.to(to, f, testbed.Extension(hopByHop, 8), testbed.Extension(options, 40), testbed.TCP(1000, 80, "S"))
	}
	for name, frame := range frames {
		frames[name] = unpadded(frame)
	}
	return frames
}

// unpadded is a frame without the padding of short ones.
func unpadded(frame []byte) []byte {
	if frame[14]>>4 == 4 {
		return frame[:14+binary.BigEndian.Uint16(frame[14+2:])]
	}
	return frame[:14+40+binary.BigEndian.Uint16(frame[14+4:])]
}

// ipHeader is the length of an IP header without options. Test runs take no frame that is shorter (see
// TestTruncatedOnTheWire for those).
var ipHeader = map[family]int{ipv4: 20, ipv6: 40}

func TestTruncatedAtEveryLength(t *testing.T) {
	n := newNode(t)
	all := policy{rest: []uint32{0}}
	client, server := n.endpoint(1, all), n.endpoint(2, all)
	eachFamily(t, n, func(t *testing.T, ip family) {
		for name, frame := range each(client.end, server.end, ip) {
			for length := 14 + ipHeader[ip]; length < len(frame); length++ {
				client.send(frame[:length]).want(t, truncated)
			}
			if t.Failed() {
				t.Fatalf("that was %s", name)
			}
		}
	})
	for length := 14; length < 42; length++ {
		client.send(testbed.ARP(client.mac, client.ip4, gateway.ip4)[:length]).want(t, truncated)
	}
}

// headers are how long a frame of each must be; what is shorter has no payload only.
var headers = map[string]int{"TCP": 20, "UDP": 13, "SCTP": 12, "echo": 8, "first fragment": 8, "options": 48 + 20}

// The same, and the IP header says so, too.
func TestShortAtEveryLength(t *testing.T) {
	n := newNode(t)
	all := policy{rest: []uint32{0}}
	client, server := n.endpoint(1, all), n.endpoint(2, all)
	eachFamily(t, n, func(t *testing.T, ip family) {
		frames := each(client.end, server.end, ip)
		delete(frames, "later fragment") // has no header that could be short
		for name, frame := range frames {
			needed := 14 + ipHeader[ip] + headers[name]
			if name == "first fragment" && ip == ipv6 {
				needed += 8
			}
			for length := 14 + ipHeader[ip]; length < len(frame); length++ {
				want := toEndpoint
				if length < needed {
					want = truncated
				}
				client.send(shortened(frame, length)).want(t, want)
			}
			if t.Failed() {
				t.Fatalf("that was %s", name)
			}
		}
	})
}

// shortened is a frame cut to a length with which its IP header agrees.
func shortened(frame []byte, length int) []byte {
	frame = bytes.Clone(frame[:length])
	if frame[14]>>4 == 4 {
		binary.BigEndian.PutUint16(frame[14+2:], uint16(length-14))
		sumHeader(frame)
	} else {
		binary.BigEndian.PutUint16(frame[14+4:], uint16(length-14-40))
	}
	return frame
}
