// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// TestLintWarns: each input is taken, with one warning about the line that ends in "here", or with none if no line does.
func TestLintWarns(t *testing.T) {
	const head = "kind: Policy\nname: p\nrules:\n- select: a=b\n"
	for _, c := range []struct{ lines, text string }{
		// ICMP types that open nothing.
		{"  ingress:\n  - from: [any]\n    ports:\n    - icmp\n    - 13-14/icmp # here\n", `ingress 1: ports: "13-14/icmp": it never matches: of ICMP only an echo request opens`},
		{"  egress:\n  - to: [any]\n    ports: [8/icmp, 8/icmpv6, 128/icmpv6] # here\n", `"8/icmpv6"`},
		{"  egress:\n  - to: [any]\n    ports: [0-255/icmp, echo-request/icmp, echo-request/icmpv6]\n", ""},
		// Names of ports where nobody has any.
		{"  egress:\n  - to: [world, 'cidr:10.0.0.0/8', host]\n    ports: [http/tcp] # here\n", `"http/tcp": it never matches: only endpoints with labels have names for their ports`},
		{"  egress:\n  - to: [world, a=b]\n    ports: [http/tcp]\n", ""},
		{"  ingress:\n  - from: [world]\n    ports: [http/tcp]\n", ""},
		{"  ingress: []\n- select: health\n  ingress:\n  - from: [a=b]\n    ports: [http/tcp] # here\n", "only endpoints with labels"},
		// Labels that look like words.
		{"  ingress:\n  - from:\n    - cluster\n    - '!world' # here\n", `ingress 1: from: "!world": it asks for a label called world: the peer world is a word alone, in lower case`},
		{"  egress:\n  - to: [Any] # here\n", "the peer any is a word"},
		{"  egress: []\n- select: '!host' # here\n  egress: []\n", `rule "rule-2": select: it asks for a label called host`},
		{"  egress:\n  - to: [host=a, 'world in (a)', worlds]\n", ""},
		{"  egress: []\n- select: health\n  require: [env] # here\n", "health is exempt"},
		// Overruled: the denying entry covers select, peers and ports, in no later tier.
		{"  ingress:\n  - from: [c=d] # here\n    ports: [80/tcp]\n  - from: [c=d]\n    action: deny\n", `policy "p": rule "rule-1": ingress 1: it never allows: policy "p": rule "rule-1": ingress 2 denies all of it`},
		{"  ingress:\n  - from: [c=d, init] # here\n- select: ''\n  ingress:\n  - from: [cluster]\n    action: deny\n", "it never allows"},
		{"  egress:\n  - to: ['cidr:10.1.0.0/16'] # here\n  - to: ['cidr:10.0.0.0/8', x]\n    action: deny\n", "it never allows"},
		{"  egress:\n  - to: ['cidr:10.1.0.0/16'] # here\n  - to: [world]\n    action: deny\n", "it never allows"},
		{"  egress:\n  - to: [any] # here\n    ports: [80/tcp, http/tcp]\n  - to: [any]\n    ports: [tcp]\n    action: deny\n", "it never allows"},
		{"  tier: 5\n  egress:\n  - to: [x] # here\n- select: a=b\n  tier: 4\n  egress:\n  - to: [any]\n    action: deny\n", "it never allows"},
		{"  egress:\n  - to: [x]\n- select: a=b\n  tier: 101\n  egress:\n  - to: [any]\n    action: deny\n", ""},
		{"  ingress:\n  - from: [c=d]\n  - from: [c=d]\n    ports: [80/tcp]\n    action: deny\n", ""},
		{"  ingress:\n  - from: [c=d, e=f]\n  - from: [c=d]\n    action: deny\n", ""},
		{"  ingress:\n  - from: [c=d]\n- select: a=c\n  ingress:\n  - from: [any]\n    action: deny\n", ""},
		{"  ingress:\n  - from: [host]\n  - from: [any]\n    ports: [80/tcp]\n    action: deny\n", ""},
		{"  egress:\n  - to: ['cidr:10.0.0.0/8']\n  - to: ['cidr:10.0.0.0/8']\n    except: [10.1.0.0/16]\n    action: deny\n", ""},
		{"  egress:\n  - to: [x]\n---\nkind: Policy\nname: q\naudit: true\nrules:\n- select: a=b\n  egress:\n  - to: [any]\n    action: deny\n", ""},
		{"  egress:\n  - to: [x] # here\n---\nkind: Policy\nname: q\nrules:\n- select: a=b\n  egress:\n  - to: [any]\n    action: deny\n", `policy "q": rule "rule-1": egress 1 denies all of it`},
	} {
		text := head + c.lines
		policies, warnings, err := parseAll("f", []byte(text))
		if err != nil || len(policies) == 0 {
			t.Errorf("%s: %v", c.lines, err)
			continue
		}
		before, _, warned := strings.Cut(text, "here\n")
		switch {
		case !warned && len(warnings) > 0:
			t.Errorf("%s: %v", c.lines, warnings)
		case !warned:
		case len(warnings) != 1 || warnings[0].Line != strings.Count(before, "\n")+1 || !strings.Contains(warnings[0].Text, c.text):
			t.Errorf("%s\ngot  %v\nwant %s", c.lines, warnings, c.text)
		}
	}
}

func TestLintRefuses(t *testing.T) {
	for _, c := range []struct {
		text  string
		err   error
		parts string
	}{
		{rule1("ingress: [{from: ['c=1,c=2']}]"), ErrSelector, `ingress 1: from: "c=1,c=2": broken selector: it never matches: no endpoint can have all that it asks of c`},
		{"kind: Policy\nname: p\nrules: [{select: 'a>5,a<6', egress: []}]", ErrSelector, `rule "rule-1": select: "a>5,a<6": broken selector: it never matches`},
		{rule1("egress: [{to: [x, z], ports: [80/tcp]}, {to: [z, x], ports: [80/tcp], action: deny}]"), ErrRule, `egress 2: broken rule: it contradicts egress 1`},
		{rule1("egress: [{to: [x], ports: [icmp, http/tcp], action: deny}, {to: [x], ports: [http/tcp, icmp]}]"), ErrRule, `egress 2: broken rule: it contradicts egress 1`},
		{rule1("egress: [{to: [x, 'cidr:10.0.0.0/8'], except: [10.0.0.0/9, 10.128.0.0/10, 10.192.0.0/10]}]"), ErrCIDR, `egress 1: to: "cidr:10.0.0.0/8": broken CIDR: its exceptions leave nothing of it`},
		{rule1("egress: [{to: ['cidr:::/0'], except: ['::/1', '8000::/1', '8000::/2']}]"), ErrCIDR, `leave nothing`},
	} {
		_, err := parse("f", []byte(c.text))
		if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.parts) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.text, err, c.parts)
		}
	}
	// What is in a store stays usable: only reading a file is so strict.
	old := Policy{Kind: PolicyKind, Name: "p", Rules: []Rule{{Select: "a=1,a=2", Egress: []Egress{{To: []string{"x"}}, {To: []string{"x"}, Action: Deny}}}}}
	if _, err := Compile(1, []Policy{old}, Always); err != nil {
		t.Error(err)
	}
}

func TestContradictionsAreWithinARule(t *testing.T) {
	for _, keys := range []string{
		"egress: [{to: [x]}, {to: [x], ports: [80/tcp], action: deny}]",
		"egress: [{to: [x], ports: [80/tcp]}, {to: [x], ports: [81/tcp], action: deny}]",
		"ingress: [{from: [x]}], egress: [{to: [x], action: deny}]",
	} {
		if _, err := parse("f", []byte(rule1(keys))); err != nil {
			t.Errorf("%s: %v", keys, err)
		}
	}
}

func TestPrefixesOfTheCluster(t *testing.T) {
	text := rule1("ingress: [{from: [any]}],\n egress: [{to: [x, 'cidr:10.0.0.0/8'], except: [10.2.0.0/16]},\n {to: ['cidr:fd00:1::/64']}]")
	documents, err := Documents("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for cluster, want := range map[string]string{
		"10.0.0.0/7":   `f:4: policy "p": rule "r": egress 1: to: "cidr:10.0.0.0/8": broken CIDR: it lies in the cluster's own 10.0.0.0/7`,
		"fd00:1::/48":  `f:5: policy "p": rule "r": egress 2: to: "cidr:fd00:1::/64": broken CIDR: it lies in`,
		"fd00:1::/64":  `f:5: policy "p"`,
		"10.2.0.0/16":  "", // cut out of a larger one
		"fd00:1::/80":  "",
		"10.64.0.0/12": "",
	} {
		_, _, err := ParseDocuments("f", documents, netip.MustParsePrefix(cluster))
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, ErrCIDR) || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v", cluster, err)
		}
	}
}
