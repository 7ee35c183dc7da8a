// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hypha-net/hypha/internal/atomicfile"
	"github.com/hypha-net/hypha/internal/bgp/leaf"
)

// leafProgram is a BGP switch for ever. FILE has all routes that it has, a line each.
//
//	leaf FILE ASN NODE=ASN...
func leafProgram(args []string) error {
	if len(args) < 3 {
		return errUsage
	}
	config := leaf.Config{ASN: asnOf(args[1]), RouterID: "192.0.2.254"}
	for _, arg := range args[2:] {
		address, asn, _ := strings.Cut(arg, "=")
		config.Nodes = append(config.Nodes, leaf.Node{Address: netip.MustParseAddr(address), ASN: asnOf(asn)})
	}
	return leaf.Run(context.Background(), config, everySoOften{}, &routesFile{path: args[0]})
}

func asnOf(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		panic(err)
	}
	return uint32(n)
}

// everySoOften has a line ten times a second.
type everySoOften struct{}

func (everySoOften) Read(p []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return copy(p, "\n"), nil
}

// routesFile holds the last routes that were written to it.
type routesFile struct{ path string }

func (f *routesFile) Write(p []byte) (int, error) {
	var routes []leaf.Route
	if err := json.Unmarshal(p, &routes); err != nil {
		return 0, err
	}
	var text bytes.Buffer
	for _, route := range routes {
		fmt.Fprintf(&text, "%s by %s", route.Prefix, route.NextHop)
		if route.Stale {
			io.WriteString(&text, " stale") //nolint:errcheck // in memory
		}
		fmt.Fprintln(&text)
	}
	return len(p), atomicfile.Write(f.path, text.Bytes(), os.FileMode(0o600))
}
