// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// ErrRecord is returned for bytes of the ring buffer that are no event.
var ErrRecord = errors.New("broken event record")

const recordBytes = int(unsafe.Sizeof(bpf.EndpointEvent{}))

// decode reads one record of the ring buffer. Names and labels are not in it yet. What a newer program
// appends to a record is not read. ErrRecord: it is too short, or of no type that is known.
func decode(record []byte, now clock) (Event, error) {
	if len(record) < recordBytes {
		return Event{}, fmt.Errorf("%w: %d bytes, not %d", ErrRecord, len(record), recordBytes)
	}
	var raw bpf.EndpointEvent // laid out as in C, so the bytes are it: encoding/binary takes a microsecond to find that out
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&raw)), recordBytes), record)
	if !Type(raw.Type).known() {
		return Event{}, fmt.Errorf("%w: type %d", ErrRecord, raw.Type)
	}
	return eventOf(&raw, now), nil
}

func eventOf(raw *bpf.EndpointEvent, now clock) Event {
	verdict := bpf.EndpointVerdict(raw.Verdict)
	source, destination := partiesOf(raw)
	return Event{
		Time:         now.at(raw.TimeNs),
		Type:         Type(raw.Type),
		Verdict:      verdict,
		Reason:       Reason(verdict),
		Source:       source,
		Destination:  destination,
		Protocol:     raw.Protocol,
		TCPFlags:     TCPFlags(raw.TcpFlags),
		ICMPType:     raw.IcmpType,
		ICMPCode:     raw.IcmpCode,
		Length:       raw.Length,
		Interface:    int(raw.Interface),
		Suppressed:   raw.Suppressed,
		Revision:     raw.Revision,
		RulingNumber: raw.Ruling &^ uint32(bpf.EndpointRulingFlagsRULING_AUDIT),
		Audit:        has(raw, bpf.EndpointEventFlagsEVENT_AUDIT),
		Reply:        has(raw, bpf.EndpointEventFlagsEVENT_REPLY),
		Fragment:     has(raw, bpf.EndpointEventFlagsEVENT_FRAGMENT),
		ICMPError:    has(raw, bpf.EndpointEventFlagsEVENT_ICMP_ERROR),
		Egress:       has(raw, bpf.EndpointEventFlagsEVENT_EGRESS),
	}
}

func has(raw *bpf.EndpointEvent, flag bpf.EndpointEventFlags) bool {
	return bpf.EndpointEventFlags(raw.Flags)&flag != 0
}

func partiesOf(raw *bpf.EndpointEvent) (source, destination Party) {
	source = Party{
		Endpoint: endpoint.ID(raw.SourceEndpoint),
		Node:     uint32(raw.SourceNode),
		Identity: identity.Number(raw.SourceIdentity),
	}
	destination = Party{
		Endpoint: endpoint.ID(raw.DestinationEndpoint),
		Node:     uint32(raw.DestinationNode),
		Identity: identity.Number(raw.DestinationIdentity),
	}
	// Nothing is sent to "::": the packet was dropped before its addresses were read.
	if raw.Destination != (bpf.EndpointAddress{}) {
		source.Address = netip.AddrFrom16(raw.Source.Bytes).Unmap()
		destination.Address = netip.AddrFrom16(raw.Destination.Bytes).Unmap()
	}
	if hasPorts(raw.Protocol) {
		source.Port = fromNetwork(raw.SourcePort)
		destination.Port = fromNetwork(raw.DestinationPort)
	}
	return source, destination
}

// hasPorts leaves ICMP out: the kernel has an echo's identifier in both ports.
func hasPorts(protocol uint8) bool {
	return protocol == unix.IPPROTO_TCP || protocol == unix.IPPROTO_UDP || protocol == unix.IPPROTO_SCTP
}

// fromNetwork turns a __be16 that was read as a native number into what it means.
func fromNetwork(port uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, port))
}
