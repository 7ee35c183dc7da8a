// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	comma    = regexp.MustCompile(`,\s*(?:[^,()]*\([^()]*\)|[^,()]*)`) // with the requirement after it
	setBased = regexp.MustCompile(`^(\S+)\s+(in|notin)\s+\(([^()]*)\)$`)
	operator = regexp.MustCompile(`^([^\s=!<>]+)\s*(==|!=|=|<|>)\s*(\S*)$`)
)

// selector reads Kubernetes' text form: every requirement must hold.
func selector(text string) func(map[string]string) bool {
	var all []func(map[string]string) bool
	for _, part := range comma.FindAllString(","+text, -1) {
		all = append(all, requirement(strings.TrimSpace(part[1:])))
	}
	return func(labels map[string]string) bool {
		return !slices.ContainsFunc(all, func(holds func(map[string]string) bool) bool { return !holds(labels) })
	}
}

func requirement(text string) func(map[string]string) bool {
	if m := setBased.FindStringSubmatch(text); m != nil {
		values := strings.Split(m[3], ",")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		return expression(m[1], m[2], values)
	}
	if m := operator.FindStringSubmatch(text); m != nil {
		return expression(m[1], m[2], m[3:])
	}
	if key, not := strings.CutPrefix(text, "!"); not {
		return expression(strings.TrimSpace(key), "!", nil)
	}
	return expression(text, "exists", nil)
}

// expression is a requirement on one key. The operators are those of the text form, and of Kubernetes' objects.
func expression(key, operator string, values []string) func(map[string]string) bool {
	return func(labels map[string]string) bool {
		value, has := labels[key]
		switch operator {
		case "exists", "Exists":
			return has
		case "!", "DoesNotExist":
			return !has
		case "=", "==", "in", "In":
			return has && slices.Contains(values, value)
		case "!=", "notin", "NotIn":
			return !has || !slices.Contains(values, value)
		case "<", ">":
			number, err := strconv.Atoi(value)
			limit, _ := strconv.Atoi(values[0])
			return has && err == nil && (operator == "<" && number < limit || operator == ">" && number > limit)
		}
		panic("selector: operator " + operator)
	}
}
