// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"flag"
	"net"
	"time"
)

// callPause keeps those who call from running out of ports, which rest for a minute after a TCP connection.
const callPause = 10 * time.Millisecond

// call opens a connection for a word and its echo, then another one, until a file appears. Every word must have come back, over UDP
// without being said twice.
//
//	call [-over tcp|udp] -until FILE ADDRESS
func call(args []string) error {
	flags := flag.NewFlagSet("call", flag.ContinueOnError)
	over := flags.String("over", "tcp", "protocol")
	until := flags.String("until", "", "file that ends it")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 || *until == "" {
		return errUsage
	}
	return sayUntil(*until, callPause, func(word string) error {
		end := time.Now().Add(patience)
		c, err := (&net.Dialer{Deadline: end}).Dial(*over, flags.Arg(0))
		if err != nil {
			return err
		}
		defer c.Close()
		return exchange(c, word, end)
	})
}
