// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"fmt"
	"strings"
)

// bridgeIPTables has every bridged packet walk 10,000 rules about single peers before the one that lets it pass, as rules by
// address are laid out when nothing orders them.
func bridgeIPTables(ctx context.Context, s Setting) (*Way, error) {
	node, path, err := bridged(s, "iptables")
	if err != nil {
		return nil, err
	}
	if err := node.Do(func() error { return filterBridged("1") }); err != nil {
		return nil, err
	}
	for command, rules := range map[string]string{
		"iptables-restore":  iptablesRules(peer4),
		"ip6tables-restore": iptablesRules(peer6),
	} {
		if err := feed(ctx, node, rules, command); err != nil {
			return nil, err
		}
	}
	return &Way{Path: path}, nil
}

// iptablesRules are 10,000 that do not match, and one that does.
func iptablesRules(peer func(int) string) string {
	var b strings.Builder
	b.WriteString("*filter\n:FORWARD DROP [0:0]\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "-A FORWARD -s %s -p tcp --dport %d -j ACCEPT\n", peer(i), 1+i%1000)
	}
	b.WriteString("-A FORWARD -j ACCEPT\nCOMMIT\n")
	return b.String()
}

// peer4 and peer6 are addresses that nobody has.
func peer4(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255) }

func peer6(i int) string { return fmt.Sprintf("2001:db8:ff:%x::1", i+1) }
