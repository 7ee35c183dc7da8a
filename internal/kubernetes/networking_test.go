// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// Ours have the keys of Kubernetes' own types, with values of the same kinds, all the way down.
func TestNetworkPolicyHasTheKeysOfKubernetes(t *testing.T) {
	want, got := keysOf(reflect.TypeFor[networking.NetworkPolicy]()), keysOf(reflect.TypeFor[networkPolicy]())
	if len(want) < 40 {
		t.Fatalf("Kubernetes' has %d keys: %v", len(want), want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestWordsOfKubernetes(t *testing.T) {
	got := []string{string(typeIngress), string(typeEgress), string(tcp), string(udp), string(sctp), nameLabel}
	want := []string{
		string(networking.PolicyTypeIngress), string(networking.PolicyTypeEgress),
		string(core.ProtocolTCP), string(core.ProtocolUDP), string(core.ProtocolSCTP), core.LabelMetadataName,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
}

// keysOf maps each key below a type, as "spec.ingress[].ports[].endPort", to the kind of its value: "*int32".
func keysOf(of reflect.Type) map[string]string {
	keys := map[string]string{}
	var walk func(at string, of reflect.Type)
	walk = func(at string, of reflect.Type) {
		kind := ""
		for of.Kind() == reflect.Pointer {
			kind, of = kind+"*", of.Elem()
		}
		keys[at] = kind + of.Kind().String()
		switch of.Kind() {
		case reflect.Slice:
			walk(at+"[]", of.Elem())
		case reflect.Struct:
			for i := range of.NumField() {
				field := of.Field(i)
				key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				switch {
				case field.Anonymous && key == "":
					walk(at, field.Type)
				case field.IsExported() && key != "-":
					walk(at+"."+key, field.Type)
				}
			}
		}
	}
	walk("", of)
	return keys
}
