// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// TestDecoderForgetsWhatChanged: what a decoder makes of one set of documents after another is what a new one does.
func TestDecoderForgetsWhatChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d decoder
		t.Repeat(map[string]func(*rapid.T){"decode": func(t *rapid.T) {
			var docs []store.Doc
			for i := range 5 {
				if tier := rapid.IntRange(0, 2).Draw(t, "tier"); tier > 0 {
					name := fmt.Sprint("p", i)
					docs = append(docs, store.Doc{Name: name, JSON: fmt.Appendf(nil, `{"kind":"Policy","name":%q,"tier":%d}`, name, tier)})
				}
			}
			bad := rapid.IntRange(0, 9).Draw(t, "bad") == 0 && len(docs) > 0
			if bad {
				docs[len(docs)-1].JSON = []byte("{")
			}
			got, err := d.decode(docs)
			want, wantErr := new(decoder).decode(docs)
			if (err != nil) != bad || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("error %v, want %v", err, wantErr)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("decoded after other ones (-new decoder +this):\n%s", diff)
			}
			for i, p := range got {
				if p.Name != docs[i].Name || p.Kind != policy.PolicyKind {
					t.Fatalf("document %s is %+v", docs[i].Name, p)
				}
			}
		}})
	})
}
