// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/docker/go-plugins-helpers/network"
)

// Docker's option keys and route type, github.com/moby/moby/daemon/libnetwork/netlabel and types.
const (
	optionInternal = "com.docker.network.internal"
	optionPorts    = "com.docker.network.portmap"

	routeConnected = 1 // by interface, no next hop

	interfacePrefix = "eth" // the engine appends a number
)

var errNoEndpoint = errors.New("the request names no endpoint")

// askedFor reads the endpoint out of Docker's request.
func askedFor(r *network.CreateEndpointRequest) (a attached, err error) {
	if r.EndpointID == "" {
		return a, errNoEndpoint
	}
	in := r.Interface
	if in == nil {
		in = &network.EndpointInterface{}
	}
	a.Network = r.NetworkID
	if a.IPv4, err = parseHost(in.Address); err != nil {
		return a, err
	}
	if a.IPv6, err = parseHost(in.AddressIPv6); err != nil {
		return a, err
	}
	mac := macFor(r.EndpointID)
	if in.MacAddress != "" {
		if mac, err = net.ParseMAC(in.MacAddress); err != nil || len(mac) != 6 {
			return a, fmt.Errorf("MAC address %q: want six bytes", in.MacAddress)
		}
	}
	a.MAC = mac.String()
	return a, nil
}

// parseHost parses Docker's "10.71.3.5/32"; the empty string is no address.
func parseHost(s string) (netip.Addr, error) {
	if s == "" {
		return netip.Addr{}, nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("address of the endpoint: %w", err)
	}
	return p.Addr(), nil
}

// macFor derives a locally administered MAC address from Docker's endpoint id, so that a repeated request gets the same.
func macFor(id string) net.HardwareAddr {
	sum := sha256.Sum256([]byte(id))
	mac := net.HardwareAddr(sum[:6])
	mac[0] = mac[0]&^0x03 | 0x02 // unicast, locally administered
	return mac
}

// joined tells the engine what to move and to route. Gateways have no subnet to be in, so each has a route of its own.
func joined(link Link, first bool) *network.JoinResponse {
	answer := &network.JoinResponse{
		InterfaceName: network.InterfaceName{SrcName: link.Interface, DstPrefix: interfacePrefix},
		StaticRoutes:  []*network.StaticRoute{},
	}
	if !first {
		answer.DisableGatewayService = true
		return answer
	}
	for _, gateway := range []netip.Addr{link.IPv4, link.IPv6} {
		if gateway.IsValid() {
			answer.StaticRoutes = append(answer.StaticRoutes, &network.StaticRoute{Destination: host(gateway), RouteType: routeConnected})
		}
	}
	if link.IPv4.IsValid() {
		answer.Gateway = link.IPv4.String()
	}
	if link.IPv6.IsValid() {
		answer.GatewayIPv6 = link.IPv6.String()
	}
	return answer
}

// published counts the ports of `docker run -p`.
func published(options map[string]any) int {
	ports, _ := options[optionPorts].([]any)
	return len(ports)
}
