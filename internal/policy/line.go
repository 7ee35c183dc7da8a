// SPDX-License-Identifier: Apache-2.0

package policy

import "go.yaml.in/yaml/v3"

// line returns the line of the file at which the path below the document leads, or as much of it as there is.
func (d *Document) line(below path) int {
	var root yaml.Node
	if err := yaml.Unmarshal(d.text, &root); err != nil || len(root.Content) == 0 {
		return d.before + 1 // converted by another parser, which took it
	}
	node := root.Content[0]
	for _, step := range below {
		next := follow(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return d.before + node.Line
}

// follow goes one step down, nil if there is none.
func follow(node *yaml.Node, step any) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
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
