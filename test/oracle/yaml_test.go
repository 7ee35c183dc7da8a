// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// documentsIn ends where the file does, or is none any more.
func documentsIn(file string) (documents []document) {
	for decoder := yaml.NewDecoder(strings.NewReader(file)); ; {
		var d document
		if decoder.Decode(&d) != nil {
			return documents
		}
		documents = append(documents, d)
	}
}

// or is a value of a document, or what it is when left out.
func or[T any](value any, otherwise T) T {
	if given, is := value.(T); is {
		return given
	}
	return otherwise
}

func list(value any) []any { return or[[]any](value, nil) }

func texts(value any) (all []string) {
	for _, item := range list(value) {
		all = append(all, or(item, ""))
	}
	return all
}

func trimAll(all []string, prefix string) (trimmed []string) {
	for _, text := range all {
		trimmed = append(trimmed, strings.TrimPrefix(text, prefix))
	}
	return trimmed
}

func itoa(n int) string { return strconv.Itoa(n) }
