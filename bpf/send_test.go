// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/bpf"
)

// What programs return, from linux/pkt_cls.h.
const (
	actionShot     = 2
	actionRedirect = 7
)

// outcome is what became of a packet.
type outcome struct {
	counted
	verdict bpf.EndpointVerdict // the one that was counted, or the way that a forwarded packet went
	action  uint32
	out     []byte
}

// send gives a frame to the program of who sent it, and checks what holds for every packet: one counter moved, by the
// frame's length; the action is that of the verdict; what was forwarded is the frame with the right new headers.
func (e *endpoint) send(frame []byte) outcome {
	e.Helper()
	return e.sendAs(frame, nil)
}

// sendAs is send with a struct __sk_buff; nil: what the kernel makes of the frame.
func (e *endpoint) sendAs(frame []byte, context any) outcome {
	e.Helper()
	run := ebpf.RunOptions{Data: frame, DataOut: make([]byte, len(frame)+256), Context: context}
	e.before = e.count()
	var action uint32
	e.run(func() (err error) {
		action, err = e.program.Run(&run)
		return err
	})
	now := e.count()
	o := outcome{counted: now.since(&e.before), action: action, out: run.DataOut}
	length := len(frame)
	if slices.Contains(o.verdicts, bpf.EndpointVerdictANSWERED) {
		length = len(o.out) // that is what goes over the link
	}
	if !o.once(uint64(length)) {
		e.Fatalf("one packet of %d bytes moved these counters: %+v\n%x", len(frame), o.counted, frame)
	}
	if len(o.verdicts) == 0 {
		o.verdict = e.forwarded(frame, o)
	} else {
		o.verdict = o.verdicts[0]
		e.check(frame, o)
	}
	return o
}

// once: a packet counts by its verdict if it was not forwarded, and on a slot if it was, or if policy denied it.
func (c counted) once(bytes uint64) bool {
	if len(c.verdicts) == 0 {
		return c.packets == 1 && c.carried == bytes
	}
	byPolicy := c.verdicts[0] == denied || c.verdicts[0] == unknownIdentity
	if !byPolicy {
		return len(c.verdicts) == 1 && c.bytes == bytes && c.packets == 0
	}
	return len(c.verdicts) == 1 && c.bytes == bytes && c.packets == 1 && c.carried == bytes
}

// check holds the action against a verdict that did not forward the packet.
func (e *endpoint) check(frame []byte, o outcome) {
	e.Helper()
	wanted := uint32(actionShot)
	switch o.verdict {
	case bpf.EndpointVerdictVERDICT_NEXT, bpf.EndpointVerdictVERDICT_JUDGE, bpf.EndpointVerdictDROP_INTERNAL:
		e.Fatalf("%v", o.verdict)
	case bpf.EndpointVerdictANSWERED:
		wanted = actionRedirect
	case bpf.EndpointVerdictDROP_HOP_LIMIT, bpf.EndpointVerdictDROP_TOO_BIG:
		wanted = o.action // with an ICMP error or without
	}
	if o.action != wanted {
		e.Errorf("%v, and the program returned %d", o.verdict, o.action)
	}
	if back := frame[6:12]; o.action == actionRedirect && e.peer == 0 && !bytes.Equal(o.out[:6], back) {
		e.Errorf("%v, and the answer goes to another: %x", o.verdict, o.out)
	}
}

// forwarded says which way a packet went, and compares it with what the way should have made of the frame.
func (e *endpoint) forwarded(frame []byte, o outcome) bpf.EndpointVerdict {
	e.Helper()
	if o.action != actionRedirect {
		e.Errorf("a forwarded packet, and the program returned %d", o.action)
	}
	if bytes.Equal(o.out[:6], gatewayMAC) {
		return e.forwardedToNode(frame, o)
	}
	for _, to := range e.endpoints {
		if !bytes.Equal(o.out[:6], to.mac) {
			continue
		}
		want := bytes.Clone(frame)
		copy(want, to.mac)
		if e.id != 0 || e.peer != 0 {
			copy(want[6:], gatewayMAC)
		}
		if e.id != 0 && to.id != 0 {
			oneHopLess(want)
		}
		if to.id == 0 || e.native {
			label(want, 0)
		}
		if diff := cmp.Diff(want, o.out); diff != "" {
			e.Errorf("forwarded to endpoint %d (-want +got):\n%s", to.id, diff)
		}
		if to.id == 0 {
			return bpf.EndpointVerdictFORWARD_HOST
		}
		return bpf.EndpointVerdictFORWARD_ENDPOINT
	}
	e.Fatalf("forwarded to nobody: %x", o.out)
	return 0
}

// forwardedToNode compares what goes to another node with what it should be. An overlay's device takes no frame that seems to
// be from itself; what goes as it is has the sender's identity as flow label.
func (e *endpoint) forwardedToNode(frame []byte, o outcome) bpf.EndpointVerdict {
	e.Helper()
	want, native := bytes.Clone(frame), e.natives[frame[14+24+7]] && frame[14]>>4 == 6
	if e.id != 0 {
		oneHopLess(want)
	} else if !native {
		copy(want[6:], gatewayMAC)
		want[11] ^= 1
	}
	if native {
		label(want, e.carried())
	}
	if diff := cmp.Diff(want, o.out); diff != "" {
		e.Errorf("forwarded to another node (-want +got):\n%s", diff)
	}
	return bpf.EndpointVerdictFORWARD_NODE
}
