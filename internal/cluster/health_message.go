// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// errMessage is returned for a datagram that no Health has sent.
var errMessage = errors.New("not a health message")

// clusterID is the 128 bits that tell this cluster from others on the same network.
type clusterID [16]byte

func parseClusterID(text string) (id clusterID, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, fmt.Errorf("cluster ID %.40q: want 32 hexadecimal digits", text)
	}
	return clusterID(raw), nil
}

// message is what a node asks another one, and what that answers. Big endian:
//
//	0                4         5        6            8           24        28       36        40 bytes
//	+----------------+---------+--------+------------+-----------+---------+--------+---------+
//	| magic 48595048 | version | answer | 0          | cluster   | number  | nonce  | uptime  |
//	+----------------+---------+--------+------------+-----------+---------+--------+---------+
//
// An answer is as long as the question: nobody gains by asking under a false address.
type message struct {
	answer  bool
	cluster clusterID
	number  uint32 // of the node that has sent it
	nonce   uint64 // of the question: random, so that only who has seen it can answer
	uptime  uint32 // of the agent that answers, in seconds; 0 in a question
}

const (
	messageSize    = 40
	messageMagic   = 0x48595048 // "HYPH"
	messageVersion = 1
)

func (m message) encode() []byte {
	raw := make([]byte, messageSize)
	binary.BigEndian.PutUint32(raw, messageMagic)
	raw[4] = messageVersion
	if m.answer {
		raw[5] = 1
	}
	copy(raw[8:24], m.cluster[:])
	binary.BigEndian.PutUint32(raw[24:], m.number)
	binary.BigEndian.PutUint64(raw[28:], m.nonce)
	binary.BigEndian.PutUint32(raw[36:], m.uptime)
	return raw
}

// decodeMessage wants exactly what encode makes. errMessage.
func decodeMessage(raw []byte) (m message, err error) {
	if len(raw) != messageSize || binary.BigEndian.Uint32(raw) != messageMagic || raw[4] != messageVersion ||
		raw[5] > 1 || raw[6] != 0 || raw[7] != 0 {
		return m, errMessage
	}
	return message{
		answer: raw[5] == 1, cluster: clusterID(raw[8:24]), number: binary.BigEndian.Uint32(raw[24:]),
		nonce: binary.BigEndian.Uint64(raw[28:]), uptime: binary.BigEndian.Uint32(raw[36:]),
	}, nil
}

// wholeSeconds are those since a moment, as a message has them.
func wholeSeconds(since time.Time) uint32 { return uint32(time.Since(since) / time.Second) }
