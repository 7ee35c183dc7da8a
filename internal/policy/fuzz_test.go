// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// refusal is the form of every error: one line, the file's name, mostly a line's number, and what is wrong.
var refusal = regexp.MustCompile(`^fuzz:([1-9][0-9]*:)? [^\n\r]+$`)

// FuzzParse: whatever the input, there is no panic, a refusal is one line, and what is taken can be written and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", shop, mixed, "kind: Policy", rule1("egress: []"), rule1("ingress: [{from: [any], ports: [80/tcp, icmp, http/tcp, 8/icmp, 1-2/icmpv6]}]"),
		rule1("egress: [{to: ['cidr:10.0.0.0/8', world], action: deny}]"), rule1("require: [env]"),
		rule1("egress: [{to: ['cidr:10.0.0.0/8'], except: [10.1.0.0/16]}, {to: [a=b]}]"),
		rule1("tier: 5, ingress: [{from: ['a>5,a<9,a!=6,a notin (7)', 'b,!b']}]"),
		"kind: Policy\nname: p\ntier: 0\naudit: true\nrules:\n- &r {select: y, egress: [{to: [any]}, {to: [any], action: deny}]}\n- *r\n",
		"---\n...\n--- {kind: Policy}", "a: &a [*a]", "{", "\x00", "<<: [{kind: Policy}]\nname: p\nrules: []",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		policies, warnings, err := ParseAll("fuzz", data)
		if err != nil {
			if !refusal.MatchString(err.Error()) {
				t.Fatalf("%q: %q", data, err)
			}
			return
		}
		for _, w := range warnings {
			if !refusal.MatchString(w.String()) {
				t.Fatalf("%q: warning %q", data, w)
			}
		}
		text, err := Marshal(policies...)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse("again", text)
		if err != nil {
			t.Fatalf("%q: written as %q: %v", data, text, err)
		}
		if diff := cmp.Diff(policies, back); diff != "" {
			t.Fatalf("%q: written as %q: %s", data, text, diff)
		}
	})
}

// TestWhatIsWrittenIsReadBack: texts that YAML could take for something else stay what they are.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"", "y", "null", "~", "0x10", "1e3", "1_000", "- a", "a: b", "# a", "'", `"`, "...", "---", "*a", "&a", "!a", "<<", " a ", "a\nb\n", "2001-01-01", "é\u2028", "\t"}),
		rapid.String(),
	)
	texts := rapid.SliceOfN(text, 1, 3)
	tier := rapid.Ptr(rapid.IntRange(0, MaxTier), true)
	ingresses := rapid.Custom(func(t *rapid.T) Ingress {
		return Ingress{From: texts.Draw(t, "from"), Except: texts.Draw(t, "except"), Ports: texts.Draw(t, "ports"), Action: Deny}
	})
	egresses := rapid.Custom(func(t *rapid.T) Egress { return Egress{To: texts.Draw(t, "to"), Action: Allow} })
	rules := rapid.Custom(func(t *rapid.T) Rule {
		return Rule{
			Name: text.Draw(t, "name"), Tier: tier.Draw(t, "tier"), Select: text.Draw(t, "select"),
			Ingress: rapid.SliceOfN(ingresses, 0, 2).Draw(t, "ingress"), Egress: rapid.SliceOfN(egresses, 0, 2).Draw(t, "egress"),
			Require: texts.Draw(t, "require"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			Kind: PolicyKind, Name: text.Draw(t, "name"), Tier: tier.Draw(t, "tier"), Audit: rapid.Bool().Draw(t, "audit"),
			Rules: rapid.SliceOfN(rules, 1, 3).Draw(t, "rules"),
		}
		written, err := Marshal(p, p)
		if err != nil {
			t.Fatal(err)
		}
		documents, err := Documents("f", written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		back, err := decodeDocuments(documents)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if diff := cmp.Diff([]Policy{p, p}, back, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\n%s", diff, written)
		}
	})
}
