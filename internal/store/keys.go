// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/hypha-net/hypha/internal/labels"
)

// The layout, below the cluster's prefix:
//
//	cluster                      {"id": ..., "prefix6": ..., "prefix4": ...}, made once
//	importing                    a token: a store is being imported, and there is no cluster yet
//
//	identities/next              the next free number, decimal
//	identities/sets/SHA256       number of the label set whose canonical form has this hash
//	identities/numbers/NUMBER    canonical form of the label set
//	identities/unused/SHA256     no node has told that it uses this label set
//	identities/gone/NUMBER       who had the number has lost it, and not all nodes have forgotten that
//	identities/nodes/NUMBER       which numbers the node uses, and what it has forgotten; under its lease
//	identities/collector         the node that collects unused numbers; under its lease
//
//	nodes/next                   the next free number
//	nodes/names/NAME             number
//	nodes/numbers/NUMBER         name
//	nodes/free/NUMBER            name of the node that was deleted; the one that was written first is given again first
//
//	policies/current             {"revision": 7, "policies": {"0": "5/SHA256", "3": "7/SHA256", ...}}: pages by number
//	policies/history/0...07      the same, and when, by whom and how that revision came about
//	policies/bodies/5/SHA256     what came with revision 5: the JSON of a policy, its source, or a page:
//	                             [{"name": ..., "since": 5, "sha256": ..., "source": ...}, ...], a part of the list of policies
//
// A number and its inverse are written in one transaction. A set of policies of any size becomes
// current by the change of one key, in one transaction with its place in the history. What is below bodies is written before or
// with it, never changed, and removed when no revision in the history has it any more.
const (
	clusterKey   = "cluster"
	importingKey = "importing"

	identityNextKey      = "identities/next"
	identitySets         = "identities/sets/"
	identityNumbers      = "identities/numbers/"
	identityUnused       = "identities/unused/"
	identityGone         = "identities/gone/"
	identityNodes        = "identities/nodes/"
	identityCollectorKey = "identities/collector"

	nodeNextKey = "nodes/next"
	nodeNames   = "nodes/names/"
	nodeNumbers = "nodes/numbers/"
	nodeFree    = "nodes/free/"

	policyCurrentKey = "policies/current"
	policyHistory    = "policies/history/"
	policyBodies     = "policies/bodies/"
)

// setKey is where the number of set is. A hash, because a canonical form may have 16 KiB and etcd
// keeps all keys in memory.
func setKey(set labels.Set) string {
	return identitySets + hash([]byte(set.Canonical()))
}

func numberKey(prefix string, number uint32) string {
	return prefix + formatNumber(number)
}

// usesKey is where a node tells which identities it uses.
func usesKey(node uint32) string { return numberKey(identityNodes, node) }

// historyKey sorts as revisions do.
func historyKey(revision uint64) string {
	return fmt.Sprintf("%s%020d", policyHistory, revision)
}

func formatNumber(number uint32) string {
	return strconv.FormatUint(uint64(number), 10)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
