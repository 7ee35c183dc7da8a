// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"fmt"
	"strings"
)

// bridgeNFTables is the same done well: established connections pass by the first rule, new ones by a look into a
// set of 10,000 peers, the client among them. (By br_netfilter: not every kernel follows connections in the family bridge.)
func bridgeNFTables(ctx context.Context, s Setting) (*Way, error) {
	node, path, err := bridged(s, "nftables")
	if err != nil {
		return nil, err
	}
	if err := node.Do(func() error { return filterBridged("1") }); err != nil {
		return nil, err
	}
	rules := fmt.Sprintf(nftablesRules, addresses(peer4, client4.Addr().String()), addresses(peer6, client6.Addr().String()))
	if err := feed(ctx, node, rules, "nft", "-f", "-"); err != nil {
		return nil, err
	}
	return &Way{Path: path}, nil
}

const nftablesRules = `
table inet bench {
	set peers4 { type ipv4_addr; elements = { %s }; }
	set peers6 { type ipv6_addr; elements = { %s }; }
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		ip saddr @peers4 ct state new accept
		ip6 saddr @peers6 ct state new accept
	}
}
`

// addresses are 9,999 that nobody has, and one.
func addresses(peer func(int) string, one string) string {
	list := []string{one}
	for i := range 9_999 {
		list = append(list, peer(i))
	}
	return strings.Join(list, ", ")
}
