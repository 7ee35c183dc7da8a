// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// parallel runs a command once for each number from 1 to N, at most AT-ONCE at a time; % in its arguments is the number.
//
//	parallel N AT-ONCE COMMAND [ARG]...
func parallel(args []string) error {
	if len(args) < 3 {
		return errUsage
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	atOnce, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range n {
		number := strconv.Itoa(i + 1)
		var command []string
		for _, arg := range args[2:] {
			command = append(command, strings.ReplaceAll(arg, "%", number))
		}
		group.Go(func() error {
			if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
				return fmt.Errorf("%v: %w: %s", command, err, out)
			}
			return nil
		})
	}
	return group.Wait()
}
