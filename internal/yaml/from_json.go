// SPDX-License-Identifier: Apache-2.0

// Package yaml writes YAML that keeps the order of keys. Libraries that go by way of maps sort them.
package yaml

import (
	"bytes"
	"encoding/json"
	"strconv"

	"go.yaml.in/yaml/v2"
)

// FromJSON writes a JSON value as YAML, with its keys in the same order. It is not
// read as YAML, which has no room for all characters that JSON has.
func FromJSON(document []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	value, err := ordered(decoder)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(value)
}

// ordered reads one value; objects keep the order of their keys.
func ordered(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		return numberOf(token)
	case json.Delim:
		if token == '[' {
			return orderedList(decoder)
		}
		return orderedObject(decoder)
	}
	return token, nil
}

func orderedList(decoder *json.Decoder) (any, error) {
	list := []any{}
	for decoder.More() {
		value, err := ordered(decoder)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := decoder.Token() // the bracket
	return list, err
}

func orderedObject(decoder *json.Decoder) (any, error) {
	object := yaml.MapSlice{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := ordered(decoder)
		if err != nil {
			return nil, err
		}
		object = append(object, yaml.MapItem{Key: key, Value: value})
	}
	_, err := decoder.Token() // the brace
	return object, err
}

func numberOf(n json.Number) (any, error) {
	if whole, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return whole, nil
	}
	if whole, err := n.Int64(); err == nil {
		return whole, nil
	}
	return n.Float64()
}
