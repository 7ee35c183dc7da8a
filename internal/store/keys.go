// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/hypha-net/hypha/internal/labels"
)

// The layout. Whatever is in the store is below prefix:
//
//	cluster                      {"id": ..., "prefix6": ..., "prefix4": ...}, made once
//
//	identities/next              the next free number, decimal
//	identities/sets/SHA256       number of the label set whose canonical form has this hash
//	identities/numbers/NUMBER    canonical form of the label set
//
//	nodes/next                   the next free number
//	nodes/names/NAME             number
//	nodes/numbers/NUMBER         name
//
//	policies/current             {"revision": 7, "policies": [{"name": ..., "since": 5, "sha256": ...}, ...]}
//	policies/bodies/5/SHA256     the JSON of a policy that has been so since revision 5
//
// A number and its inverse are written in one transaction. A set of policies of any size becomes
// current by the change of one key: bodies are put before it and removed after it.
const (
	prefix = "/hypha/v1/"

	clusterKey = prefix + "cluster"

	identityNextKey = prefix + "identities/next"
	identitySets    = prefix + "identities/sets/"
	identityNumbers = prefix + "identities/numbers/"

	nodeNextKey = prefix + "nodes/next"
	nodeNames   = prefix + "nodes/names/"
	nodeNumbers = prefix + "nodes/numbers/"

	policyCurrentKey = prefix + "policies/current"
	policyBodies     = prefix + "policies/bodies/"
)

// setKey is where the number of set is. A hash, because a canonical form may have 16 KiB and etcd
// keeps all keys in memory.
func setKey(set labels.Set) string {
	return identitySets + hash([]byte(set.Canonical()))
}

func numberKey(prefix string, number uint32) string {
	return prefix + formatNumber(number)
}

func formatNumber(number uint32) string {
	return strconv.FormatUint(uint64(number), 10)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
