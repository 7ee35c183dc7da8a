// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"strings"

	"github.com/hypha-net/hypha/bpf"
)

// TCPFlags are the control bits of a TCP header, RFC 9293 section 3.1, without ECE and CWR.
type TCPFlags uint8

// In the order in which people say them: SYN,ACK.
var tcpFlagNames = []struct {
	flag bpf.EndpointTcpFlags
	name string
}{
	{bpf.EndpointTcpFlagsTCP_SYN, "SYN"},
	{bpf.EndpointTcpFlagsTCP_FIN, "FIN"},
	{bpf.EndpointTcpFlagsTCP_RST, "RST"},
	{bpf.EndpointTcpFlagsTCP_PSH, "PSH"},
	{bpf.EndpointTcpFlagsTCP_URG, "URG"},
	{bpf.EndpointTcpFlagsTCP_ACK, "ACK"},
}

// flagTexts is the text of every combination: each event has one.
var flagTexts = func() (texts [1 << 6]string) {
	for flags := range texts {
		var names []string
		for _, n := range tcpFlagNames {
			if bpf.EndpointTcpFlags(flags)&n.flag != 0 {
				names = append(names, n.name)
			}
		}
		texts[flags] = strings.Join(names, ",")
	}
	return texts
}()

// String returns the names of the flags that are set, as "SYN,ACK"; "" for none.
func (f TCPFlags) String() string { return flagTexts[int(f)%len(flagTexts)] }
