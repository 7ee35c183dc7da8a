// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/labels"
)

// labelText writes labels as --labels takes them, "-" for none.
func labelText(set map[string]string) string {
	if len(set) == 0 {
		return "-"
	}
	return labels.Set(set).String()
}

// identityText says what an identity stands for: its reserved name, its address
// range or its labels.
func identityText(id api.Identity) string {
	switch {
	case id.Name != "":
		return id.Name
	case id.Prefix.IsValid():
		return id.Prefix.String()
	case len(id.Labels) == 0 && id.Number == 0:
		return "(unknown)"
	case len(id.Labels) == 0:
		return "(no labels)"
	}
	return labelText(id.Labels)
}

// partyText is "name (labels) [identity] on node address:port", without what is not known.
func partyText(p api.Party) string {
	text := introductionText(p)
	if p.Address.IsValid() {
		text += " " + clean(addressText(p.Address, p.Port))
	}
	return text
}

// addressText is an address, with a port if it is not 0.
func addressText(address netip.Addr, port uint16) string {
	if !address.IsValid() {
		return "-"
	}
	return string(appendAddress(nil, address, port))
}

func appendAddress(text []byte, address netip.Addr, port uint16) []byte {
	if port == 0 {
		return address.AppendTo(text)
	}
	return netip.AddrPortFrom(address, port).AppendTo(text)
}

// prefixText is a prefix, "-" for none.
func prefixText(prefix netip.Prefix) string {
	if !prefix.IsValid() {
		return "-"
	}
	return prefix.String()
}

// bytesText is a number of bytes, short.
func bytesText[T int | int64 | uint64](n T) string {
	value, unit := float64(n), ""
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if unit == "" {
		return strconv.FormatUint(uint64(n), 10) + " B"
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// countText is "1 rule", "2 rules".
func countText[T int | int64 | uint64](n T, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// durationText is a time span to the second, short.
func durationText(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	days := d / (24 * time.Hour)
	if days > 0 {
		return fmt.Sprintf("%dd%s", days, (d % (24 * time.Hour)).Truncate(time.Minute))
	}
	return d.String()
}

// dash is text, "-" for none.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
