// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"maps"
	"net/netip"
	"strings"
)

// listing is all that the engine says of this driver's networks at one time.
type listing struct {
	networks  int
	subnets   map[netip.Prefix]bool
	set       map[netip.Addr]bool // gateways and auxiliary addresses, which belong to no endpoint
	endpoints map[string]listed   // by endpoint id
}

// listed is one endpoint. Container.ID is empty as long as it is joined to none.
type listed struct {
	addresses []netip.Addr
	container Container
}

func newListing() listing {
	return listing{
		subnets:   make(map[netip.Prefix]bool),
		set:       make(map[netip.Addr]bool),
		endpoints: make(map[string]listed),
	}
}

func (l *listing) addNetwork(n networkAnswer) {
	l.networks++
	for _, config := range n.IPAM.Config {
		if subnet, err := netip.ParsePrefix(config.Subnet); err == nil {
			l.subnets[subnet.Masked()] = true
		}
		l.set[looseAddr(config.Gateway)] = true
		for _, aux := range config.AuxiliaryAddresses {
			l.set[looseAddr(aux)] = true
		}
	}
	for id, e := range n.Containers {
		if strings.HasPrefix(id, "ep-") { // no container yet
			id = ""
		}
		l.endpoints[e.EndpointID] = listed{
			addresses: valid(looseAddr(e.IPv4Address), looseAddr(e.IPv6Address)),
			container: Container{ID: id, Name: e.Name, Network: n.Name},
		}
	}
}

// addContainers fills in names and labels.
func (l *listing) addContainers(containers []containerAnswer) {
	byID := make(map[string]containerAnswer, len(containers))
	for _, c := range containers {
		byID[c.ID] = c
	}
	for id, e := range l.endpoints {
		c, ok := byID[e.container.ID]
		if !ok {
			e.container.ID = "" // removed since, or no container's
			l.endpoints[id] = e
			continue
		}
		e.container.Labels = maps.Clone(c.Labels)
		if name := ownName(c.Names); name != "" {
			e.container.Name = name
		}
		l.endpoints[id] = e
	}
}

// ownName is the container's name among the ones given to it by links ("/other/alias").
func ownName(names []string) string {
	for _, name := range names {
		if name = strings.TrimPrefix(name, "/"); !strings.Contains(name, "/") {
			return name
		}
	}
	return ""
}

func valid(addrs ...netip.Addr) (v []netip.Addr) {
	for _, a := range addrs {
		if a.IsValid() {
			v = append(v, a)
		}
	}
	return v
}
