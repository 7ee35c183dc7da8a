// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is a flag whose text is checked when it is given.
type setting struct {
	text string
	kind string // shown in the help: "PREFIX"
	set  func(text string) error
}

func (s *setting) String() string { return s.text }
func (s *setting) Type() string   { return s.kind }

func (s *setting) Set(text string) error {
	if err := s.set(text); err != nil {
		return err
	}
	s.text = text
	return nil
}

// choice is a setting that takes one of some words.
func choice(target *string, start string, words ...string) *setting {
	*target = start
	return &setting{text: start, kind: strings.Join(words, "|"), set: func(text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("must be one of %s", strings.Join(words, ", "))
		}
		*target = text
		return nil
	}}
}

// each is a setting that takes a list, separated by commas, of what parse accepts.
func each[T any](target *[]T, kind string, parse func(string) (T, error)) *setting {
	return &setting{kind: kind, set: func(text string) error {
		var values []T
		for item := range strings.SplitSeq(text, ",") {
			value, err := parse(strings.TrimSpace(item))
			if err != nil {
				return err
			}
			values = append(values, value)
		}
		*target = values
		return nil
	}}
}

// duration is a setting that takes a time span from least on.
func duration(target *time.Duration, start, least time.Duration) *setting {
	*target = start
	text := ""
	if start != 0 {
		text = start.String()
	}
	return &setting{text: text, kind: "TIME", set: func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < least {
			return fmt.Errorf("must be a time span from %v on, like 90s or 10m", least)
		}
		*target = d
		return nil
	}}
}

// number is a setting that takes a number from least on.
func number(target *int, least int) *setting {
	return &setting{kind: "N", set: func(text string) error {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || int(n) < least {
			return fmt.Errorf("must be a number from %d on", least)
		}
		*target = int(n)
		return nil
	}}
}

// port is a setting that takes a port of UDP or TCP.
func port(target *uint16, start uint16) *setting {
	*target = start
	return &setting{text: strconv.Itoa(int(start)), kind: "PORT", set: func(text string) error {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return errors.New("must be a port from 1 to 65535")
		}
		*target = uint16(n)
		return nil
	}}
}
