// SPDX-License-Identifier: Apache-2.0

// Package contestant builds what is compared: two hosts and a way between them, one file a contestant. All have
// the same hosts (namespaces with the kernel's defaults) and veth pairs; what differs is what lies between.
//
//	floor              client ─────────── server         a veth pair: the physical limit
//	others     client ─── node (bridge, program, ...) ─── server
package contestant
