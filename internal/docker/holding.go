// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// errDamaged: the saved holding can not be read as one.
var errDamaged = errors.New("damaged")

const holdingVersion = 1

// holding is the saved part of the ledger: one JSON file in the state directory.
type holding struct {
	Version   int                   `json:"version"`
	Pools     []netip.Prefix        `json:"pools"`     // users' subnets outside of the node's prefixes
	Addresses map[netip.Addr]string `json:"addresses"` // address → poolID
	Endpoints map[string]attached   `json:"endpoints"` // by Docker's endpoint id
}

// attached is one endpoint that Docker created and has not deleted.
type attached struct {
	Network string     `json:"network"`
	IPv4    netip.Addr `json:"ipv4"`
	IPv6    netip.Addr `json:"ipv6"`
	MAC     string     `json:"mac"`
	OurIPv6 bool       `json:"ourIPv6"`           // Docker gave none: chosen here, and released here
	Sandbox string     `json:"sandbox,omitempty"` // network namespace it is joined to
}

func (a attached) attachment(id string) (Attachment, error) {
	mac, err := net.ParseMAC(a.MAC)
	if err != nil {
		return Attachment{}, fmt.Errorf("endpoint %.12s: %w", id, err)
	}
	return Attachment{ID: id, Network: a.Network, IPv4: a.IPv4, IPv6: a.IPv6, MAC: mac}, nil
}

func newHolding() holding {
	return holding{
		Version:   holdingVersion,
		Addresses: make(map[netip.Addr]string),
		Endpoints: make(map[string]attached),
	}
}

// readHolding reads the file at path. A missing one is an empty holding; errDamaged when it makes no sense.
func readHolding(path string) (holding, error) {
	h := newHolding()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	h.Version = 0
	if err := json.Unmarshal(data, &h); err != nil {
		return newHolding(), fmt.Errorf("%s: %w: %w", path, errDamaged, err)
	}
	if h.Version != holdingVersion {
		return newHolding(), fmt.Errorf("%s: %w: version %d, want %d", path, errDamaged, h.Version, holdingVersion)
	}
	if h.Addresses == nil || h.Endpoints == nil {
		return newHolding(), fmt.Errorf("%s: %w: no addresses or no endpoints", path, errDamaged)
	}
	return h, nil
}

func (h holding) write(path string) error {
	data, err := json.MarshalIndent(h, "", "\t")
	if err != nil {
		return fmt.Errorf("save what Docker holds: %w", err)
	}
	if err := atomicfile.Write(path, data, 0o600); err != nil {
		return fmt.Errorf("save what Docker holds: %w", err)
	}
	return nil
}
