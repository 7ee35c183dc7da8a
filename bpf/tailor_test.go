// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"errors"
	"net"
	"testing"

	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/bpf"
)

// template is the code of a program before it is tailored.
func template(t *testing.T) asm.Instructions {
	t.Helper()
	spec, err := bpf.LoadEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	return spec.Programs[bpf.EndpointProgFromEndpoint].Instructions
}

func operands(code asm.Instructions) map[int64]bool {
	found := map[int64]bool{}
	for _, i := range code {
		if i.OpCode.IsDWordLoad() {
			found[i.Constant] = true
		}
	}
	return found
}

// The frame starts with 02:00:00:00:00:fe 02:00:00:00:00:01.
func TestTailor(t *testing.T) {
	before := template(t)
	constants := bpf.Constants{Endpoint: 7, MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, GatewayMAC: gatewayMAC}
	after, err := constants.Tailor(before)
	if err != nil {
		t.Fatal(err)
	}
	got := operands(after)
	for _, want := range []int64{7, 0x0002_fe00_0000_0002, 0x0100_0000} {
		if !got[want] {
			t.Errorf("no instruction has the operand %#x", want)
		}
	}
	if operands(before)[7] {
		t.Error("the template is tailored, too")
	}
	if _, err := constants.Tailor(after); !errors.Is(err, bpf.ErrTemplate) {
		t.Errorf("tailoring it once more: %v, want %v", err, bpf.ErrTemplate)
	}
}

func TestTailorUnknownConstant(t *testing.T) {
	mark := int64(bpf.EndpointConstantCONSTANT_MARK)<<32 | int64(bpf.EndpointConstantCONSTANTS)
	_, err := bpf.Constants{}.Tailor(append(template(t), asm.LoadImm(asm.R0, mark, asm.DWord)))
	if !errors.Is(err, bpf.ErrTemplate) {
		t.Errorf("%v, want %v", err, bpf.ErrTemplate)
	}
}

// Linux 6.18 on x86 refused a fast path that jumped backwards ("bpf_jit: fatal error", and then that the operation is not supported):
// its sizes of jumps did not come to rest. Clang arranges code that way if it is left to.
func TestFastPathJumpsForwards(t *testing.T) {
	router, err := bpf.LoadRouter()
	if err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]asm.Instructions{
		"from_endpoint": template(t), "from_host": router.Programs[bpf.RouterProgFromHost].Instructions,
	} {
		for i, instruction := range code {
			if instruction.OpCode.Class().IsJump() && instruction.Offset < 0 {
				t.Errorf("%s jumps backwards at %d: %v", name, i, instruction)
			}
		}
	}
}
