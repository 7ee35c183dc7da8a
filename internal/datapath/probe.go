// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"math"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// probe is a feature and the attempt to use it: nil if that works.
type probe struct {
	Feature
	try func() error
}

// probes says for each feature the commit that brought it. Required ones are in the order of what a user
// gains most from hearing first.
var probes = []probe{
	{ // e420bed02507 "bpf: Add fd-based tcx multi-prog infra with link support"
		Feature{Name: "tcx links", Since: "6.6", Required: true, Use: "programs on interfaces, swapped in one step"},
		func() error {
			return attachNowhere(func(p *ebpf.Program) (link.Link, error) {
				return link.AttachTCX(link.TCXOptions{Interface: math.MaxInt32, Program: p, Attach: ebpf.AttachTCXIngress})
			})
		},
	},
	{ // 341dfcf8d78e "btf: expose BTF info through sysfs"
		Feature{Name: "kernel BTF", Since: "5.4", Required: true, Use: "types of the kernel, CONFIG_DEBUG_INFO_BTF"},
		func() error { _, err := os.Stat("/sys/kernel/btf/vmlinux"); return err },
	},
	{ // d05512618056 "bpf: Add bpf_ktime_get_coarse_ns helper"
		Feature{Name: "coarse clock", Since: "5.11", Required: true, Use: "lifetimes of connections"},
		func() error { return features.HaveProgramHelper(ebpf.SchedCLS, asm.FnKtimeGetCoarseNs) },
	},
	{ // 79a7f8bdb159 "bpf: Introduce bpf_sys_bpf() helper and program type."
		Feature{Name: "programs of system calls", Since: "5.14", Required: true, Use: "connections that are over are removed by a program"},
		func() error { return features.HaveProgramHelper(ebpf.Syscall, asm.FnForEachMapElem) },
	},
	{ // 9aa1206e8f48 "bpf: Add redirect_peer helper"
		Feature{Name: "bpf_redirect_peer", Since: "5.10", Required: true, Use: "the short way into a container"},
		func() error { return features.HaveProgramHelper(ebpf.SchedCLS, asm.FnRedirectPeer) },
	},
	{ // e411901c0b77 "bpf: allow for tailcalls in BPF subprograms for x64 JIT"
		Feature{Name: "tail calls beside functions", Since: "5.10", Required: true, Use: "the destination's program decides"},
		tailCallFromFunction,
	},
	{ // 457f44363a88 "bpf: Implement BPF ring buffer and verifier support for it"
		Feature{Name: "ring buffer", Since: "5.8", Required: true, Use: "events for the monitor"},
		func() error { return features.HaveMapType(ebpf.RingBuf) },
	},
	{ // fc9702273e2e "bpf: Add mmap() support for BPF_MAP_TYPE_ARRAY"
		Feature{Name: "arrays in user memory", Since: "5.5", Required: true, Use: "constants of a program"},
		func() error { return features.HaveMapFlag(features.BPF_F_MMAPABLE) },
	},
	{ // 35dfaad7188c "netkit, bpf: Add bpf programmable net device"
		Feature{Name: "netkit", Since: "6.7", Use: "not used yet: container interfaces without a queue on the way"},
		func() error {
			return attachNowhere(func(p *ebpf.Program) (link.Link, error) {
				return link.AttachNetkit(link.NetkitOptions{Interface: math.MaxInt32, Program: p, Attach: ebpf.AttachNetkitPrimary})
			})
		},
	},
	{ // 948d4f214fde "veth: Add driver XDP"
		Feature{Name: "XDP", Since: "4.19", Use: "not used yet: drops before the stack, on uplinks and veth"},
		func() error { return features.HaveProgramType(ebpf.XDP) },
	},
}

// attachNowhere attaches a program to an interface that does not exist. A kernel that looks for the
// interface knows the way of attaching.
func attachNowhere(attach func(*ebpf.Program) (link.Link, error)) error {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "Dual BSD/GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return err
	}
	defer program.Close()
	l, err := attach(program)
	if err == nil {
		return errors.Join(errors.New("an interface exists that can not"), l.Close())
	}
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// tailCallFromFunction loads a program that tail calls from a function that it calls.
func tailCallFromFunction() error {
	array, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return err
	}
	defer array.Close()
	function := func(name string, first asm.Instruction) asm.Instruction {
		result := &btf.FuncProto{Return: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}}
		return btf.WithFuncMetadata(first.WithSymbol(name), &btf.Func{Name: name, Type: result})
	}
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "Dual BSD/GPL",
		Instructions: asm.Instructions{
			function("program", asm.Call.Label("function")),
			asm.Return(),
			function("function", asm.LoadMapPtr(asm.R2, array.FD())),
			asm.Mov.Imm(asm.R3, 0),
			asm.FnTailCall.Call(),
			asm.Mov.Imm(asm.R0, 0),
			asm.Return(),
		},
	})
	if err != nil {
		return err
	}
	return program.Close()
}
