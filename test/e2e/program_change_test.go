// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// changePolicy is a change of the policies: a new one of a name.
const changePolicy = "kind: Policy\nname: %s\nrules:\n- select: role=%[1]s\n  ingress:\n  - from: [cluster]\n"

// change makes N policies NAME-1 to NAME-N, one after the other, each until it is acknowledged. It prints how often that took more than
// one attempt.
//
//	change NAME N
func change(args []string) error {
	if len(args) != 2 {
		return errUsage
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	again := 0
	for i := range n {
		attempts, err := acknowledged(fmt.Sprintf("%s-%d", args[0], i+1))
		if err != nil {
			return err
		}
		if attempts > 1 {
			again++
		}
	}
	_, err = fmt.Printf("%d changes acknowledged, %d not at once\n", n, again)
	return err
}

func acknowledged(name string) (attempts int, err error) {
	for deadline := time.Now().Add(patience); ; {
		attempts++
		cmd := exec.Command(os.Getenv("HYPHA"), "policy", "apply", "-f", "-")
		cmd.Stdin = strings.NewReader(fmt.Sprintf(changePolicy, name))
		out, err := cmd.CombinedOutput()
		if err == nil {
			return attempts, nil
		}
		if time.Now().After(deadline) {
			return attempts, fmt.Errorf("policy %s: %w: %s", name, err, out)
		}
	}
}
