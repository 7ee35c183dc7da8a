// SPDX-License-Identifier: Apache-2.0

// Package policy turns rules about labels into tables about identities. It is a pure function
// of its inputs: no kernel, no store, no log.
//
//	YAML → Parse → []Policy → Compile → Ruleset → Resolver → Tables, one pair for each local identity
//
// The language and its exact meaning are docs/policy.md. The tables of one identity answer each
// packet with one lookup, because both ends' rules are merged in them here, ahead of time.
package policy
