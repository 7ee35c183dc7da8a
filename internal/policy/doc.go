// SPDX-License-Identifier: Apache-2.0

// Package policy turns rules about labels into tables about identities. It is a pure function
// of its inputs: no kernel, no store, no log.
//
//	YAML → Documents → ParseDocuments → []Policy → Compile → Ruleset → Resolver → Tables, one pair for each local identity
//
// The language and its exact meaning are docs/policy.md. The tables of one identity answer each
// packet with one lookup, because both ends' rules are merged in them here, ahead of time.
//
// How the resolver does it: a posting knows for one term the peers that it treats otherwise than most. The plan of a
// table is the clauses that are about its subject, in the order in which they decide; its partition groups the peers for which the same
// clauses hold, by walking only the postings' odd peers. Each group's outline rules on all ports at once: its clauses are swept as
// their lower envelope, and only what differs from its population's base is kept, as patches. Groups with the same outline are a kind,
// and ports that no kind tells apart are a class of the line.
package policy
