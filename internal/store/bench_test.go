// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// BenchmarkChangeOnePolicy changes one of many in the embedded etcd, prunes and sweeps. dbbytes/op is by how much the
// database's file grows, history/op what the whole history takes in the end.
func BenchmarkChangeOnePolicy(b *testing.B) {
	for _, n := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, b.TempDir())
			apply(b, s, manyDocs(n)...)
			before := s.Status(b.Context()).Bytes
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				apply(b, s, doc("team-00-policy-00000", fmt.Sprint(i)))
			}
			b.ReportMetric(float64(s.Status(b.Context()).Bytes-before)/float64(b.N), "dbbytes/op")
			kept, err := s.get(b.Context(), policyHistory, clientv3.WithPrefix())
			if err != nil {
				b.Fatal(err)
			}
			bytes := 0
			for _, kv := range kept.Kvs {
				bytes += len(kv.Value)
			}
			b.ReportMetric(float64(bytes)/float64(len(kept.Kvs)), "bytes/revision")
		})
	}
}

// BenchmarkReadPolicies reads the set after a change of one policy, as every node does; first without having read it before.
func BenchmarkReadPolicies(b *testing.B) {
	s := open(b, b.TempDir())
	apply(b, s, manyDocs(1000)...)
	read := func(b *testing.B) {
		if _, err := s.Policies(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.pages.keep(nil)
			s.bodies.keep(nil)
			s.last.keep(version{}, nil)
			read(b)
		}
	})
	b.Run("changed", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			apply(b, s, doc("team-00-policy-00000", fmt.Sprint(b.N, i)))
			b.StartTimer()
			read(b)
		}
	})
}

// BenchmarkRollback makes the last change undone, which changes all of 1,000 policies.
func BenchmarkRollback(b *testing.B) {
	s := open(b, b.TempDir())
	docs := manyDocs(1000)
	apply(b, s, docs...)
	for i := range docs {
		docs[i].JSON = docs[i].JSON[1:]
	}
	revision := apply(b, s, docs...)
	b.ReportAllocs()
	for b.Loop() {
		applied, err := s.Rollback(b.Context(), revision-1, "", nil)
		if err != nil || len(applied.Updated) != 1000 {
			b.Fatal(applied, err)
		}
		revision = applied.Revision
	}
}
