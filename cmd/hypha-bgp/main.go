// SPDX-License-Identifier: Apache-2.0

// Command hypha-bgp is the BGP speaker of a node. An agent with --bgp-asn runs it; nobody else has to.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hypha-net/hypha/internal/bgp/speaker"
)

func main() {
	if err := speaker.Run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "hypha-bgp: %v\n", err)
		os.Exit(1)
	}
}
