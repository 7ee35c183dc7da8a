// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// the agent's memory: generated code for every kind and encoding. A test holds the two together, key by key.
type networkPolicy struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            policySpec `json:"spec"`
}

type policySpec struct {
	PodSelector meta.LabelSelector `json:"podSelector"`
	Ingress     []ingressRule      `json:"ingress"`
	Egress      []egressRule       `json:"egress"`
	PolicyTypes []policyType       `json:"policyTypes"`
}

// policyType is a direction.
type policyType string

const (
	typeIngress policyType = "Ingress"
	typeEgress  policyType = "Egress"
)

type ingressRule struct {
	Ports []policyPort `json:"ports"`
	From  []policyPeer `json:"from"`
}

type egressRule struct {
	Ports []policyPort `json:"ports"`
	To    []policyPeer `json:"to"`
}

type policyPeer struct {
	PodSelector       *meta.LabelSelector `json:"podSelector"`
	NamespaceSelector *meta.LabelSelector `json:"namespaceSelector"`
	IPBlock           *ipBlock            `json:"ipBlock"`
}

type ipBlock struct {
	CIDR   string   `json:"cidr"`
	Except []string `json:"except"`
}

type policyPort struct {
	Protocol *protocol           `json:"protocol"` // none: TCP
	Port     *intstr.IntOrString `json:"port"`     // none: all of the protocol
	EndPort  *int32              `json:"endPort"`  // of a range that starts at Port
}

// protocol is one of those that a NetworkPolicy can name.
type protocol string

const (
	tcp  protocol = "TCP"
	udp  protocol = "UDP"
	sctp protocol = "SCTP"
)

// nameLabel is what every namespace object has its name in.
const nameLabel = "kubernetes.io/metadata.name"
