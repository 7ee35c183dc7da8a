// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shop is the design's example, with every key of the language.
const shop = `# the shop
kind: Policy
name: shop
rules:
- name: frontends-reach-backends
  select: role=backend
  ingress:
  - from:
    - role=frontend
    - cidr:2001:db8::/32
    ports:
    - 80/tcp
    - 8000-8999/tcp
    - 53/udp
    - icmp
  - from:
    - role=canary, env in (dev, test)
    action: deny
  egress:
  - to:
    - role=db
    ports:
    - 5432/tcp
  require:
  - env
- select: ""
  ingress: []
---
kind: Policy
name: web
rules:
- select: role=frontend
  ingress:
  - from:
    - world
`

func TestParse(t *testing.T) {
	got, err := parse("shop.yaml", []byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	want := []Policy{
		{Kind: PolicyKind, Name: "shop", Rules: []Rule{
			{
				Name:   "frontends-reach-backends",
				Select: "role=backend",
				Ingress: []Ingress{
					{From: []string{"role=frontend", "cidr:2001:db8::/32"}, Ports: []string{"80/tcp", "8000-8999/tcp", "53/udp", "icmp"}},
					{From: []string{"role=canary, env in (dev, test)"}, Action: Deny},
				},
				Egress:  []Egress{{To: []string{"role=db"}, Ports: []string{"5432/tcp"}}},
				Require: []string{"env"},
			},
			{Select: "", Ingress: []Ingress{}},
		}},
		{Kind: PolicyKind, Name: "web", Rules: []Rule{{Select: "role=frontend", Ingress: []Ingress{{From: []string{"world"}}}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := got[0].RuleName(1); got != "rule-2" {
		t.Errorf("default name %q", got)
	}
}

func TestMarshalGivesBackWhatWasWritten(t *testing.T) {
	policies, err := parse("shop.yaml", []byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Marshal(policies...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimPrefix(shop, "# the shop\n"), string(text)); diff != "" {
		t.Error(diff)
	}
}

func TestParseAccepts(t *testing.T) {
	for _, text := range []string{
		`{"kind":"Policy","name":"j","rules":[{"select":"a=b","require":["env"]}]}`,
		"---\n---\nkind: Policy\nname: a\nrules: [{select: '', egress: []}]\n---\n# nothing\n",
		"kind: Policy\nname: a\nrules: [{select: a, egress: []}]\n...\nkind: Policy\nname: b\nrules: [{select: a, egress: []}]\n",
		rule1("ingress: [{from: ['cidr:10.0.0.0/8'], except: [10.1.0.0/16, 'cidr:10.2.0.0/16'], ports: [8/icmp, http/tcp, echo-request/icmpv6, 13-14/icmp]}]"),
		"kind: Policy\nname: a\ntier: 0\naudit: true\nrules: [{tier: 999, select: a, egress: []}]",
		"kind: Policy\r\nname: a\r\nrules: [{select: init, egress: []}]\r\n---\r\nkind: Policy\r\nname: b\r\nrules: [{select: a, egress: []}]\r\n",
	} {
		policies, err := parse("x", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if want := strings.Count(text, "Policy"); len(policies) != want {
			t.Errorf("%q: %d policies, want %d", text, len(policies), want)
		}
	}
}

// rule1 puts keys into rule r of policy p.
func rule1(keys string) string {
	return "kind: Policy\nname: p\nrules: [{name: r, select: a=b, " + keys + "}]"
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text  string
		err   error
		parts string // the line must hold these, in this order, separated by |
	}{
		{"", ErrEmpty, "f.yaml: no policy"},
		{"# nothing\n---\n", ErrEmpty, "no policy"},
		{strings.Repeat("#", MaxInput+1), ErrInputTooLarge, "4194305 bytes, at most 4194304"},
		{"\xff\xfek", ErrYAML, "not UTF-8"},
		{"kind: [", ErrYAML, "f.yaml:1: document 1: broken YAML: did not find"},
		{shop + "---\n\nkind: [", ErrYAML, "f.yaml:38: document 3: "},
		{"kind: Policy\nkind: Policy", ErrYAML, `"kind" already set`},
		{"- kind: Policy", ErrYAML, "document 1: |want keys and values, got a list"},
		{"name: p\nrules: []", ErrYAML, `policy "p": |key "kind" is missing`},
		{"kind: Policy\nrules: []", ErrYAML, `document 1: |key "name" is missing`},
		{"kind: Policy\nname: 1\nrules: []", ErrYAML, "document 1: name: |want text, got 1"},
		{"kind: Rule\nname: p\nrules: [{select: a, egress: []}]", ErrRule, `f.yaml:1: document 1: |kind is "Rule": it must be Policy`},
		{"kind: Policy\nname: p q\nrules: [{select: a, egress: []}]", ErrName, `policy 1: name: |"p q"`},
		{"kind: Policy\nname: p\nrules: []", ErrRule, `policy "p": rules: |there are none`},
		{"kind: Policy\nname: p\nrules: 7", ErrYAML, `policy "p": rules: |want a list, got 7`},
		{"kind: Policy\nname: p\nrules:", ErrYAML, `rules: |no value`},
		{"kind: Policy\nname: p\nrules: [{egress: []}]", ErrYAML, `policy "p": rule "rule-1": |key "select" is missing`},
		{"kind: Policy\nname: p\nrules: [{select: a, Egress: []}]", ErrYAML, `rule "rule-1": |unknown key "Egress"`},
		{"kind: Policy\nname: p\nlevel: 1\nrules: []", ErrYAML, `policy "p": |unknown key "level": known are kind, name, tier, audit, rules`},
		{"kind: Policy\nname: p\ntier: 1000\nrules: [{select: a, egress: []}]", ErrRule, `policy "p": tier: |1000 is not among 0-999`},
		{"kind: Policy\nname: p\ntier: high\nrules: [{select: a, egress: []}]", ErrYAML, `policy "p": tier: |want a whole number, got text`},
		{"kind: Policy\nname: p\naudit: 1\nrules: [{select: a, egress: []}]", ErrYAML, `policy "p": audit: |want true or false, got 1`},
		{rule1("tier: -1, egress: []"), ErrRule, `rule "r": tier: |-1 is not among`},
		{rule1("tier: 1.5, egress: []"), ErrYAML, `rule "r": tier: |want a whole number, got 1.5`},
		{rule1("egress: []") + "\n---\n" + rule1("egress: []"), ErrName, `policy 2: name: |"p": it is given twice`},
		{"kind: Policy\nname: p\nrules: [{name: r, select: a, egress: []}, {name: r, select: a, egress: []}]", ErrName, `policy "p": rule 2: name: |"r": it is given twice`},
		{rule1("audit: true"), ErrYAML, `policy "p": rule "r": |unknown key "audit"`},
		{"kind: Policy\nname: p\nrules: [{select: a}]", ErrRule, `rule "rule-1": |says nothing`},
		{rule1("egress: "), ErrYAML, `rule "r": egress: |no value`},
		{rule1("ingress: {from: [any]}"), ErrYAML, `rule "r": ingress: |want a list, got keys and values`},
		{rule1("ingress: [{from: [any], besides: [x]}]"), ErrYAML, `rule "r": ingress 1: |unknown key "besides"`},
		{rule1("ingress: [{from: [any], except: [x]}]"), ErrCIDR, `rule "r": ingress 1: except: "x": |write cidr:`},
		{rule1("ingress: [{from: [any], except: [10.0.0.0/8]}]"), ErrCIDR, `except: |10.0.0.0/8 is not inside a cidr: peer of the same entry`},
		{rule1("ingress: [{from: ['cidr:10.0.0.0/8'], except: ['cidr:11.0.0.0/16']}]"), ErrCIDR, `except: |11.0.0.0/16 is not inside`},
		{rule1("ingress: [{from: ['cidr:10.0.0.0/8'], except: [10.0.0.0/8]}]"), ErrCIDR, `except: |leaves nothing of cidr:10.0.0.0/8`},
		{rule1("ingress: [{from: ['cidr:10.0.0.0/8'], except: []}]"), ErrRule, `except: |the list is empty`},
		{rule1("egress: [{to: [any]}, {from: [any]}]"), ErrYAML, `egress 2: |unknown key "from": known are to`},
		{rule1("ingress: [{ports: [80/tcp]}]"), ErrRule, `ingress 1: from: |names nobody`},
		{rule1("ingress: [{from: []}]"), ErrRule, `ingress 1: from: |the list is empty`},
		{rule1("ingress: [{from: any}]"), ErrYAML, `ingress 1: from: |want a list, got text`},
		{rule1("ingress: [{from: ['']}]"), ErrSelector, `ingress 1: from: "": |it is empty`},
		{rule1("ingress: [{from: ['a in']}]"), ErrSelector, `policy "p": rule "r": ingress 1: from: "a in": |broken selector`},
		{rule1("ingress: [{from: ['a in (b']}]"), ErrSelector, `broken selector`},
		{rule1("ingress: [{from: ['a=b c']}]"), ErrSelector, `broken selector`},
		{rule1("ingress: [{from: ['-a=b']}]"), ErrSelector, `broken selector: Invalid value: "-a"`},
		{rule1("ingress: [{from: ['cidr:10.0.0.1/8']}]"), ErrCIDR, `"cidr:10.0.0.1/8": |host bits set: write cidr:10.0.0.0/8`},
		{rule1("ingress: [{from: ['cidr:10.0.0.0/33']}]"), ErrCIDR, `broken CIDR`},
		{rule1("ingress: [{from: ['cidr:10.0.0.0']}]"), ErrCIDR, `broken CIDR`},
		{rule1("ingress: [{from: ['cidr:fe80::%eth0/64']}]"), ErrCIDR, `broken CIDR`},
		{rule1("ingress: [{from: ['cidr:::ffff:10.0.0.0/104']}]"), ErrCIDR, `IPv4 form`},
		{rule1("ingress: [{from: [host], action: deny}]"), ErrRule, `host can not be denied`},
		{rule1("ingress: [{from: [any, ' host '], action: deny}]"), ErrRule, `host can not be denied`},
		{rule1("ingress: [{from: [10.0.0.0/8]}]"), ErrCIDR, `from: "10.0.0.0/8": broken CIDR: write cidr:ADDRESS/LENGTH`},
		{rule1("ingress: [{from: [any, 10.0.0.1]}]"), ErrCIDR, `from: "10.0.0.1": |write cidr:`},
		{rule1("ingress: [{from: ['2001:db8::/32']}]"), ErrCIDR, `from: "2001:db8::/32": |write cidr:`},
		{rule1("ingress: [{from: [any], action: drop}]"), ErrRule, `action: |"drop": use allow or deny`},
		{rule1("ingress: [{from: [any], ports: ['70000/tcp']}]"), ErrPortRange, `f.yaml:3: policy "p": rule "r": ingress 1: ports: "70000/tcp": port out of range 1-65535`},
		{rule1("ingress: [{from: [any], ports: ['0/tcp']}]"), ErrPortRange, `out of range`},
		{rule1("ingress: [{from: [any], ports: ['99999999999999999999/tcp']}]"), ErrPortRange, `out of range`},
		{rule1("ingress: [{from: [any], ports: ['90-80/tcp']}]"), ErrReversed, `write 80-90/tcp`},
		{rule1("ingress: [{from: [any], ports: ['80']}]"), ErrPort, `name the protocol too`},
		{rule1("ingress: [{from: [any], ports: [80]}]"), ErrYAML, `ports: |want text, got 80: name the protocol too`},
		{rule1("ingress: [{from: [any], ports: []}]"), ErrRule, `ports: |the list is empty`},
		{rule1("ingress: [{from: [any], ports: ['HTTP/tcp']}]"), ErrPort, `no port number`},
		{rule1("ingress: [{from: [any], ports: ['sixteen-letters-/tcp']}]"), ErrPort, `no port number`},
		{rule1("ingress: [{from: [any], ports: ['http']}]"), ErrPort, `unknown protocol "http"`},
		{rule1("ingress: [{from: [any], ports: ['-80/tcp']}]"), ErrPort, `no port number`},
		{rule1("ingress: [{from: [any], ports: ['80-/tcp']}]"), ErrPort, `no port number`},
		{rule1("ingress: [{from: [any], ports: ['80/ip']}]"), ErrPort, `unknown protocol "ip"`},
		{rule1("ingress: [{from: [any], ports: ['256/icmp']}]"), ErrICMPType, `"256/icmp": |ICMP type out of range 0-255`},
		{rule1("ingress: [{from: [any], ports: ['pong/icmp']}]"), ErrPort, `"pong/icmp": |no ICMP type: write its number, or echo-request`},
		{rule1("ingress: [{from: [any], ports: ['14-13/icmp']}]"), ErrReversed, `write 13-14/icmp`},
		{rule1("require: []"), ErrRule, `require: |the list is empty`},
		{rule1("require: [env, env]"), ErrRule, `require: |"env" is given twice`},
		{rule1("require: ['a=b']"), ErrRule, `require: |no label key`},
		{rule1("require: [env, '!env']"), ErrRule, `require: |"!env" is no label key`},
		{rule1("require: [env/]"), ErrRule, `require: |"env/" is no label key`},
		{rule1("ingress: [{from: [any], action: ''}]"), ErrYAML, `ingress 1: action: |the text is empty`},
		{"kind: Policy\nname: p\nrules: [{name: '', select: a, egress: []}]", ErrYAML, `rule "rule-1": name: |the text is empty`},
		{"kind: Policy\nname: ''\nrules: [{select: a, egress: []}]", ErrYAML, `document 1: name: |the text is empty`},
		{"kind: Policy\nname: .p\nrules: [{select: a, egress: []}]", ErrName, `".p": |after a letter or a digit`},
		{"kind: Policy\nname: p\nrules: [{select: world, egress: []}]", ErrSelector, `select: |can not be about world`},
		{"kind: Policy\nname: p\nrules: [{select: 10.0.0.0/8, egress: []}]", ErrSelector, `select: |can not be about 10.0.0.0/8`},
		{"kind: Policy\nname: p\nrules: [{select: 'cidr:10.0.0.0/8', egress: []}]", ErrSelector, `select: |can not be about cidr:10.0.0.0/8`},
		{"kind: Policy\nname: p\nrules: [{select: 'a=(', egress: []}]", ErrSelector, `rule "rule-1": select: |broken selector`},
	} {
		_, err := parse("f.yaml", []byte(c.text))
		if !errors.Is(err, c.err) {
			t.Errorf("%.120q:\n got %v\nwant %v", c.text, err, c.err)
			continue
		}
		line := err.Error()
		if strings.ContainsAny(line, "\n\r") || len(line) > 400 {
			t.Errorf("%.120q: not one short line: %q", c.text, line)
		}
		rest := line
		for _, part := range strings.Split(c.parts, "|") {
			_, after, found := strings.Cut(rest, part)
			if !found {
				t.Errorf("%.120q: %q is not in %q", c.text, part, line)
			}
			rest = after
		}
	}
}

// parse is parseAll for those who have no ear for warnings.
func parse(name string, data []byte) ([]Policy, error) {
	policies, _, err := parseAll(name, data)
	return policies, err
}

// parseAll reads a file of policies, all of it or nothing. See Documents and ParseDocuments.
func parseAll(name string, data []byte) ([]Policy, []Warning, error) {
	documents, err := Documents(name, data)
	if err != nil {
		return nil, nil, err
	}
	return ParseDocuments(name, documents)
}
