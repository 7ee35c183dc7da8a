// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/hypha-net/hypha/internal/testbed"
)

// redirect hands every packet of one host to the other, unseen: the limit of what is built with bpf_redirect_peer.
func redirect(_ context.Context, s Setting) (*Way, error) {
	node, path := wired(s, "redirect")
	for from, to := range map[string]string{toClient: toServer, toServer: toClient} {
		if err := cross(s, node, from, to); err != nil {
			return nil, err
		}
	}
	return &Way{Path: path, Programs: &Programs{Node: node, ToClient: toClient, ToServer: toServer}}, nil
}

func cross(s Setting, node *testbed.Namespace, from, to string) error {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "bare_redirect", Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{
			asm.Mov.Imm(asm.R1, int32(node.Link(to).Attrs().Index)),
			asm.Mov.Imm(asm.R2, 0),
			asm.FnRedirectPeer.Call(),
			asm.Return(),
		},
	})
	if err != nil {
		return fmt.Errorf("loading the bare redirect: %w", err)
	}
	defer program.Close() // its link holds it
	index := node.Link(from).Attrs().Index
	return node.Do(func() error {
		l, err := link.AttachTCX(link.TCXOptions{Interface: index, Program: program, Attach: ebpf.AttachTCXIngress})
		if err != nil {
			return fmt.Errorf("attaching the bare redirect: %w", err)
		}
		s.Cleanup(func() { l.Close() })
		return nil
	})
}
