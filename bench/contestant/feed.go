// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/hypha-net/hypha/internal/testbed"
)

// feed runs a command in a namespace with text as its input. ErrAbsent if there is no such command, or if it can not do that on
// this machine: a kernel module is missing, perhaps.
func feed(ctx context.Context, ns *testbed.Namespace, text, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(text)
	var out []byte
	err := ns.Do(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: there is no %s", ErrAbsent, name)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w: %.200s", ErrAbsent, name, err, bytes.TrimSpace(out))
	}
	return nil
}
