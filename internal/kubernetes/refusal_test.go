// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"errors"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hypha-net/hypha/internal/policy"
)

// TestRefusals: what Kubernetes refuses, and what can not be said in the policy language, names its field.
func TestRefusals(t *testing.T) {
	long := strings.Repeat("a", 250)
	for _, c := range []struct{ document, want string }{
		{`kind: NetworkPolicy`, `: apiVersion and kind are "" and "NetworkPolicy": want networking.k8s.io/v1 and NetworkPolicy`},
		{`{apiVersion: extensions/v1beta1, kind: NetworkPolicy}`, `: apiVersion and kind are "extensions/v1beta1" and "NetworkPolicy"`},
		{`[]`, `: want keys and values, got array`},
		{head + `metadata: {}`, `: metadata.name: Required value`},
		{head + `metadata: {generateName: a-}`, `: metadata.name: Required value`},
		{head + `metadata: {name: A_b}`, `: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain`},
		{head + `metadata: {name: a, namespace: b.c}`, `: metadata.namespace: Invalid value: "b.c"`},
		{head + `metadata: {name: ` + long + `}`, `: metadata.name: Too long: may not be more than 241 bytes`},
		{head + `metadata: {name: 7}`, `: metadata.name: want text, got number`},
		{head + `spek: {}`, `: unknown field "spek"`},
		{spec(`podselector: {}`), `: unknown field "spec.podselector"`},
		{spec(`ingress: [{from: [{podSelector: {matchLabel: {}}}]}]`), `: unknown field "spec.ingress[0].from[0].podSelector.matchLabel"`},
		{spec(`ingress: {}`), `: spec.ingress: want a list, got object`},
		{spec(`podSelector: [a]`), `: spec.podSelector: want keys and values, got array`},
		{spec(`ingress: [{ports: [{port: {}}]}]`), `: spec.ingress.ports.port: want`},

		{spec(`policyTypes: [ingress]`), ` ns/p: spec.policyTypes[0]: Unsupported value: "ingress": supported values: "Ingress", "Egress"`},
		{spec(`policyTypes: [Egress, Ingress, Egress]`), ` ns/p: spec.policyTypes: Too many: 3: must have at most 2 items`},

		{from(`{}`), ` ns/p: spec.ingress[0].from[0]: Required value: must specify a peer: podSelector, namespaceSelector or ipBlock`},
		{from(`{podSelector: {}}, null`), ` ns/p: spec.ingress[0].from[1]: Required value`},
		{from(`{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}`), ` ns/p: spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer`},
		{from(`{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}`), ` ns/p: spec.ingress[0].from[0]: Forbidden`},
		{spec(`egress: [{}, {to: [{}]}]`), ` ns/p: spec.egress[1].to[0]: Required value`},

		{from(`{ipBlock: {}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "": must be ADDRESS/LENGTH`},
		{from(`{ipBlock: {cidr: 10.0.0.1}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1"`},
		{from(`{ipBlock: {cidr: 10.0.0.0/33}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33"`},
		{from(`{ipBlock: {cidr: "::ffff:10.0.0.0/104"}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "::ffff:10.0.0.0/104": must be written as IPv4`},
		{from(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of` + " `cidr`, which is 10.0.0.0/8"},
		{from(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 11.0.0.0/9]}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/9"`},
		{from(`{ipBlock: {cidr: 10.0.0.0/8, except: ["2001:db8::/32"]}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "2001:db8::/32"`},
		{from(`{ipBlock: {cidr: 10.0.0.0/8, except: [web]}}`), ` ns/p: spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "web"`},

		{ports(`{port: 0}`), ` ns/p: spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive`},
		{ports(`{port: 65536}`), ` ns/p: spec.ingress[0].ports[0].port: Invalid value: 65536`},
		{ports(`{port: "80"}`), ` ns/p: spec.ingress[0].ports[0].port: Invalid value: "80": must contain at least one letter`},
		{ports(`{port: ""}`), ` ns/p: spec.ingress[0].ports[0].port: Invalid value: ""`},
		{ports(`{port: HTTP}`), ` ns/p: spec.ingress[0].ports[0].port: Invalid value: "HTTP"`},
		{ports(`{port: a-name-that-is-too-long}`), ` ns/p: spec.ingress[0].ports[0].port: Invalid value`},
		{ports(`{port: 80}, {port: 80, protocol: tcp}`), ` ns/p: spec.ingress[0].ports[1].protocol: Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP"`},
		{ports(`{protocol: ICMP}`), ` ns/p: spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP"`},
		{ports(`{endPort: 80}`), ` ns/p: spec.ingress[0].ports[0].endPort: Forbidden: may not be specified when` + " `port` is not specified"},
		{ports(`{port: http, endPort: 80}`), ` ns/p: spec.ingress[0].ports[0].endPort: Forbidden: may not be specified when` + " `port` is a name"},
		{ports(`{port: 80, endPort: 79}`), ` ns/p: spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to` + " `port`, which is 80"},
		{ports(`{port: 80, endPort: 65536}`), ` ns/p: spec.ingress[0].ports[0].endPort: Invalid value: 65536`},
		{ports(`{port: 80, endPort: 0}`), ` ns/p: spec.ingress[0].ports[0].endPort: Invalid value: 0`},

		{pods(`matchLabels: {"a b": c}`), ` ns/p: spec.podSelector.matchLabels: Invalid value: "a b"`},
		{pods(`matchLabels: {a: "b c"}`), ` ns/p: spec.podSelector.matchLabels: Invalid value: "b c"`},
		{pods(`matchExpressions: [{key: a, operator: in, values: [b]}]`), ` ns/p: spec.podSelector.matchExpressions[0].operator: Invalid value: "in": not a valid selector operator`},
		{pods(`matchExpressions: [{key: a, operator: Gt, values: ["1"]}]`), ` ns/p: spec.podSelector.matchExpressions[0].operator: Invalid value: "Gt"`},
		{pods(`matchExpressions: [{key: a, operator: In}]`), ` ns/p: spec.podSelector.matchExpressions[0].values: Required value`},
		{pods(`matchExpressions: [{key: a, operator: Exists, values: [b]}]`), ` ns/p: spec.podSelector.matchExpressions[0].values: Forbidden`},
		{pods(`matchExpressions: [{key: "", operator: Exists}]`), ` ns/p: spec.podSelector.matchExpressions[0].key: Invalid value: ""`},

		{pods(`matchLabels: {namespace: a}`), ` ns/p: spec.podSelector.matchLabels[namespace]: Forbidden: on endpoints the label namespace is about the namespace: use namespaceSelector`},
		{pods(`matchExpressions: [{key: namespace/a, operator: Exists}]`), ` ns/p: spec.podSelector.matchExpressions[0].key: Forbidden`},
		{pods(`matchLabels: {namespace.example.com/a: b}`), ` ns/p: spec.podSelector.matchLabels[namespace.example.com/a]: Forbidden`},
		{pods(`matchLabels: {port/http: "80"}`), ` ns/p: spec.podSelector.matchLabels[port/http]: Forbidden: on endpoints the label port/http is the number of a named port`},
		{from(`{namespaceSelector: {matchLabels: {` + long + `/a: b}}}`), ` ns/p: spec.ingress[0].from[0].namespaceSelector.matchLabels[` + long + `/a]: Invalid value`},
	} {
		p, _, err := translateYAML(c.document)
		if err == nil {
			t.Errorf("%s: translated to %v", c.document, p)
			continue
		}
		if !errors.Is(err, ErrNetworkPolicy) || !strings.HasPrefix(err.Error(), ErrNetworkPolicy.Error()+c.want) {
			t.Errorf("%s\ngot  %v\nwant %v%s", c.document, err, ErrNetworkPolicy, c.want)
		}
	}
}

// TestFieldsOfRefusals: the caller finds the line of what is refused by the field's path.
func TestFieldsOfRefusals(t *testing.T) {
	for document, want := range map[string]string{
		from(`{podSelector: {}}, {}`):           "spec.ingress[0].from[1]",
		spec(`ingress: [{from: [{pods: {}}]}]`): "spec.ingress[0].from[0].pods",
		spec(`ingress: [{}, {ports: a}]`):       "spec.ingress.ports",
		pods(`matchLabels: {namespace/a: b}`):   "spec.podSelector.matchLabels[namespace/a]",
		head + `metadata: {}`:                   "metadata.name",
		`{apiVersion: v1, kind: NetworkPolicy}`: "",
	} {
		_, _, err := translateYAML(document)
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Field != want || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v is about %+v, want %s", document, err, refusal, want)
		}
	}
}

// TestLookAlikes: labels of pods that only look like Hypha's own.
func TestLookAlikes(t *testing.T) {
	for _, key := range []string{"namespaces", "namespace.a", "namespace-a/b", "port", "ports/http", "port.example.com/http"} {
		if _, _, err := translateYAML(pods("matchLabels: {" + key + ": a}")); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

const head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"

func spec(text string) string {
	return head + "metadata: {name: p, namespace: ns}\nspec:\n  " + text + "\n"
}
func from(peers string) string { return spec("ingress: [{from: [" + peers + "]}]") }
func ports(list string) string { return spec("ingress: [{ports: [" + list + "]}]") }
func pods(text string) string  { return spec("podSelector: {" + text + "}") }

// FuzzTranslate: whatever it is given, the answer is a sound policy, or one line that says what is wrong.
func FuzzTranslate(f *testing.F) {
	for _, text := range []string{
		spec(`podSelector: {}`), from(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}`),
		from(`{namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: ["", b]}]}}`),
		ports(`{port: http, protocol: SCTP}, {port: 1, endPort: 2}`), spec("egress: [{}, {to: []}]"), "[1, {}]",
		from("{ipBlock: {cidr: " + strings.Repeat("a", 10_000) + "}}"), head + `"a\nb": c`,
	} {
		document, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		p, _, err := Translate(document, clusterPrefix)
		switch {
		case err == nil:
			if _, err := policy.Compile(1, []policy.Policy{p}, policy.Selected); err != nil {
				t.Errorf("%s: is translated to what is broken: %v", document, err)
			}
		case strings.Contains(err.Error(), "\n") || len(err.Error()) > 5000:
			t.Errorf("%s: more than a line: %v", document, err)
		}
	})
}
