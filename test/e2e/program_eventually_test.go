// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// patience is how long the programs wait for what must come. Nothing is concluded from its length.
const patience = 30 * time.Second

// eventually runs a command until it succeeds and prints something that matches, or patience is at an end. It prints what
// the last run did.
//
//	eventually PATTERN COMMAND [ARG]...
func eventually(args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var out, problem bytes.Buffer
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Stdout, cmd.Stderr = &out, &problem
		err := cmd.Run()
		if err == nil && pattern.Match(out.Bytes()) {
			_, err = out.WriteTo(os.Stdout)
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%v does not succeed and say %q; last (%v): %s%s", args[1:], args[0], err, &out, &problem)
		}
	}
}
