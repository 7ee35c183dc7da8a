// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// fieldStep is a step of a field's path: a key, an index in brackets, or a key in brackets.
var fieldStep = regexp.MustCompile(`([^.\[\]]+)|\[([^\]]*)\]`)

// LineOf returns the line of the file of a field that is named as Kubernetes names it: spec.ingress[0].from[1]. If there
// is no such field, it is the line of what is nearest above it.
func (d *Document) LineOf(field string) int {
	var steps path
	for _, match := range fieldStep.FindAllStringSubmatch(field, -1) {
		index, err := strconv.Atoi(match[2])
		if err == nil {
			steps = append(steps, index)
		} else {
			steps = append(steps, match[1]+match[2])
		}
	}
	return d.line(steps)
}

// line returns the line of the file at which the path below the document leads, or as much of it as there is.
func (d *Document) line(below path) int {
	if d.root == nil {
		d.root = d.parse()
	}
	node := d.root
	for _, step := range below {
		next := follow(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return d.before + node.Line
}

// parse returns the node of the document's value.
func (d *Document) parse() *yaml.Node {
	var root yaml.Node
	if err := yaml.Unmarshal(d.text, &root); err != nil || len(root.Content) == 0 {
		return &yaml.Node{Line: 1} // another parser converted the document, and took it
	}
	return root.Content[0]
}

// follow goes one step down, nil if there is none.
func follow(node *yaml.Node, step any) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && 0 <= step && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		if at := keyAt(node, step); at >= 0 {
			return node.Content[at+1]
		}
	case keyStep:
		if at := keyAt(node, string(step)); at >= 0 {
			return node.Content[at]
		}
	}
	return nil
}

// keyAt returns the index of a mapping's key among its nodes, which are keys and values by turns; -1 without.
func keyAt(node *yaml.Node, key string) int {
	if node.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return i
		}
	}
	return -1
}
