// SPDX-License-Identifier: Apache-2.0

package api

// PairStats counts what one identity (the consumer: it opened the flows) and
// another (the provider) said to each other, through this node's endpoints.
type PairStats struct {
	Consumer Identity `json:"consumer"`
	Provider Identity `json:"provider"`

	Flows         uint64 `json:"flows"`
	Packets       uint64 `json:"packets"` // consumer to provider
	Bytes         uint64 `json:"bytes"`
	ReplyPackets  uint64 `json:"replyPackets"` // provider to consumer
	ReplyBytes    uint64 `json:"replyBytes"`
	DeniedPackets uint64 `json:"deniedPackets"`
	DeniedBytes   uint64 `json:"deniedBytes"`
}
