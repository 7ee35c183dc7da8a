// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object, its values not decoded yet.
type object map[string]json.RawMessage

// openObject refuses what is no object.
func openObject(raw json.RawMessage) (object, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, fmt.Errorf("%w: want keys and values, got %s", ErrYAML, describe(raw))
	}
	return o, nil
}

// only refuses keys that are not among the known ones, and keys with nothing behind them:
// "egress:" alone could mean "no egress rules" or "no egress".
func (o object) only(known ...string) error {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(known, key) {
			return at(fmt.Errorf("%w: unknown key %.80q: known are %s", ErrYAML, key, strings.Join(known, ", ")), "", keyStep(key))
		}
		if string(o[key]) == "null" {
			return at(fmt.Errorf("%w: the key has no value", ErrYAML), key, keyStep(key))
		}
	}
	return nil
}

// needs refuses an object without one of the keys.
func (o object) needs(keys ...string) error {
	for _, key := range keys {
		if _, found := o[key]; !found {
			return fmt.Errorf("%w: key %q is missing", ErrYAML, key)
		}
	}
	return nil
}

// word returns the key's text, which is not empty; "" if it is not there.
func (o object) word(key string) (string, error) {
	if string(o[key]) == `""` {
		return "", at(fmt.Errorf("%w: the text is empty", ErrYAML), key, key)
	}
	return o.text(key)
}

// text returns the key's text, "" if it is not there.
func (o object) text(key string) (string, error) {
	raw, found := o[key]
	if !found {
		return "", nil
	}
	text, err := decodeText(raw)
	if err != nil {
		return "", at(err, key, key)
	}
	return text, nil
}

// texts returns the key's list of texts, nil if it is not there. An empty one is refused: it is not
// obvious whether it stands for nothing or for everything.
func (o object) texts(key string) ([]string, error) {
	items, err := decodeList(o, key, func(_ int, raw json.RawMessage) (string, error) {
		text, err := decodeText(raw)
		switch {
		case err != nil && key == "ports":
			return "", at(fmt.Errorf("%w: want text, got %s: name the protocol too, such as 80/tcp", ErrYAML, describe(raw)), key)
		case err != nil:
			return "", at(err, key)
		}
		return text, nil
	})
	if err == nil && items != nil && len(items) == 0 {
		return nil, at(fmt.Errorf("%w: the list is empty", ErrRule), key, key)
	}
	return items, err
}

// decodeList decodes the items of the key's list, which count from 1. It is nil if the key is not there,
// and empty if the list is.
func decodeList[T any](o object, key string, decode func(number int, raw json.RawMessage) (T, error)) ([]T, error) {
	raw, found := o[key]
	if !found {
		return nil, nil
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(raw, &raws); err != nil {
		return nil, at(fmt.Errorf("%w: want a list, got %s", ErrYAML, describe(raw)), key, key)
	}
	items := make([]T, 0, len(raws))
	for i, raw := range raws {
		item, err := decode(i+1, raw)
		if err != nil {
			return nil, at(err, "", key, i)
		}
		items = append(items, item)
	}
	return items, nil
}

// number returns the key's whole number, nil if it is not there.
func (o object) number(key string) (*int, error) {
	raw, found := o[key]
	if !found {
		return nil, nil
	}
	var number *int
	if err := json.Unmarshal(raw, &number); err != nil {
		return nil, at(fmt.Errorf("%w: want a whole number, got %s", ErrYAML, describe(raw)), key, key)
	}
	return number, nil
}

// truth returns the key's true or false, false if it is not there.
func (o object) truth(key string) (yes bool, err error) {
	if raw, found := o[key]; found && json.Unmarshal(raw, &yes) != nil {
		return false, at(fmt.Errorf("%w: want true or false, got %s", ErrYAML, describe(raw)), key, key)
	}
	return yes, nil
}

func decodeText(raw json.RawMessage) (string, error) {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", fmt.Errorf("%w: want text, got %s%s", ErrYAML, describe(raw), hint(raw))
	}
	return *text, nil
}

// hint says how a number or true becomes text, if the value is one: YAML takes a bare 80 for a number, and a bare y for true.
func hint(raw json.RawMessage) string {
	if json.Valid(raw) && !strings.ContainsAny(string(raw[:1]), "{[n") {
		return ": put it in quotes"
	}
	return ""
}

// describe says in a few words what a JSON value is.
func describe(raw json.RawMessage) string {
	switch text := strings.TrimSpace(string(raw)); {
	case strings.HasPrefix(text, "{"):
		return "keys and values"
	case strings.HasPrefix(text, "["):
		return "a list"
	case strings.HasPrefix(text, `"`):
		return "text"
	case text == "null" || text == "":
		return "nothing"
	default:
		return oneLine(text)
	}
}
