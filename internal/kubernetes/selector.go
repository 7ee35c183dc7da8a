// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"iter"
	"maps"
	"slices"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	selectors "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// subject returns the selector of the pods that the policy is about: those of its namespace that match.
func (t *translation) subject(pods *meta.LabelSelector, path *field.Path) (string, error) {
	matching, err := requirements(pods, path, t.podLabel)
	if err != nil {
		return "", err
	}
	return join(t.inOwnNamespace(), matching), nil
}

// pods returns the selector of the pods that match, in the namespaces that match; nil namespaces are the
// policy's own, nil pods are all.
func (t *translation) pods(namespaces, pods *meta.LabelSelector, path *field.Path) (string, error) {
	matching, err := requirements(pods, path.Child("podSelector"), t.podLabel)
	if err != nil {
		return "", err
	}
	if namespaces == nil {
		return join(t.inOwnNamespace(), matching), nil
	}
	within, err := requirements(namespaces, path.Child("namespaceSelector"), namespaceLabel)
	if err != nil {
		return "", err
	}
	return join(inSomeNamespace(within), matching), nil
}

func (t *translation) inOwnNamespace() []selectors.Requirement {
	return []selectors.Requirement{mustRequire(namespaceKey, selection.Equals, t.namespace)}
}

// inSomeNamespace returns the requirements, and that the endpoint is in a namespace at all if it is not among
// them: what no namespace has, a container outside of all of them lacks as well.
func inSomeNamespace(within []selectors.Requirement) []selectors.Requirement {
	for _, r := range within {
		if r.Operator() != selection.NotIn && r.Operator() != selection.NotEquals && r.Operator() != selection.DoesNotExist {
			return within
		}
	}
	return append(within, mustRequire(namespaceKey, selection.Exists))
}

func mustRequire(key string, operator selection.Operator, values ...string) selectors.Requirement {
	r, err := selectors.NewRequirement(key, operator, values)
	if err != nil {
		panic(err) // the key is a constant, and the value a checked namespace
	}
	return *r
}

// join writes requirements that must all hold as one selector.
func join(some, more []selectors.Requirement) string {
	return selectors.NewSelector().Add(slices.Concat(some, more)...).String()
}

// requirements reads a label selector; rename gives the endpoint's label for one that it names. It is nil
// if s is, or is empty.
func requirements(
	s *meta.LabelSelector, path *field.Path, rename func(key string, path *field.Path) (string, error),
) ([]selectors.Requirement, error) {
	if s == nil {
		return nil, nil
	}
	problems := metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	var all []selectors.Requirement
	for at, e := range expressions(s, path) {
		key, err := rename(e.Key, at)
		if err != nil {
			return nil, err
		}
		r, err := selectors.NewRequirement(key, operator(e), e.Values)
		if err != nil {
			return nil, field.Invalid(at, e.Key, "can not be a label of endpoints: "+err.Error())
		}
		all = append(all, *r)
	}
	return all, nil
}

// expressions yields what the selector asks for, and where: labels in order of their keys, then expressions.
func expressions(s *meta.LabelSelector, path *field.Path) iter.Seq2[*field.Path, meta.LabelSelectorRequirement] {
	return func(yield func(*field.Path, meta.LabelSelectorRequirement) bool) {
		for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
			e := meta.LabelSelectorRequirement{Key: key, Operator: meta.LabelSelectorOpIn, Values: []string{s.MatchLabels[key]}}
			if !yield(path.Child("matchLabels").Key(key), e) {
				return
			}
		}
		for i, e := range s.MatchExpressions {
			if !yield(path.Child("matchExpressions").Index(i).Child("key"), e) {
				return
			}
		}
	}
}

// operator returns the operator in the form that people write: a = x for a in (x).
func operator(e meta.LabelSelectorRequirement) selection.Operator {
	one := len(e.Values) == 1
	switch {
	case e.Operator == meta.LabelSelectorOpIn && one:
		return selection.Equals
	case e.Operator == meta.LabelSelectorOpIn:
		return selection.In
	case e.Operator == meta.LabelSelectorOpNotIn && one:
		return selection.NotEquals
	case e.Operator == meta.LabelSelectorOpNotIn:
		return selection.NotIn
	case e.Operator == meta.LabelSelectorOpExists:
		return selection.Exists
	}
	return selection.DoesNotExist
}
