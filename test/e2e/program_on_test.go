// SPDX-License-Identifier: Apache-2.0

package e2e

import "os"

// on runs a command on a machine of the cluster: hypha asks the agent there.
//
//	on NAME COMMAND [ARG]...
func on(args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	if err := os.Setenv("HYPHA_SOCKET", os.Getenv(args[0]+"_socket")); err != nil {
		return err
	}
	return in(args)
}
