// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"
)

// notSettings are flags that neither a variable nor the file can set.
var notSettings = []string{"help", "config", "output"}

// settle gives each flag that the command line does not name the value of its
// variable or, failing that, of its key in the YAML file. "" is no file.
func settle(c *cobra.Command, file string) error {
	keys, err := readKeys(file)
	if err != nil {
		return refusal{err}
	}
	for _, f := range settings(c) {
		text, inFile := keys[f.Name]
		delete(keys, f.Name)
		variable := variableOf(f.Name)
		switch value := os.Getenv(variable); {
		case f.Changed:
		case value != "":
			if err := set(f, variable, value); err != nil {
				return err
			}
		case inFile:
			if err := set(f, file+": "+f.Name, text); err != nil {
				return refusal{err}
			}
		}
	}
	if len(keys) > 0 {
		unknown := slices.Min(slices.Collect(maps.Keys(keys)))
		return refusal{fmt.Errorf("%s: unknown key %q: the keys are the flags of %s", file, unknown, c.CommandPath())}
	}
	return nil
}

func settings(c *cobra.Command) (flags []*pflag.Flag) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(notSettings, f.Name) {
			flags = append(flags, f)
		}
	})
	return flags
}

// variableOf is the environment variable that stands in for a flag.
func variableOf(flag string) string {
	return "HYPHA_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// set sets f as if its flag had been given; origin is where text is from.
func set(f *pflag.Flag, origin, text string) error {
	if err := f.Value.Set(text); err != nil {
		return fmt.Errorf("%s: %s: %w", origin, withoutUser(strconv.Quote(text)), err)
	}
	f.Changed = true
	return nil
}

// userInfo is what may be user and password in a setting that an error quotes. It goes up to the last @: the setting may be no URL.
var userInfo = regexp.MustCompile(`".*@`)

// withoutUser is what an error says, as the system's log may have it.
func withoutUser(said string) string { return userInfo.ReplaceAllLiteralString(said, `"...@`) }

// readKeys reads a YAML file of flags: each key's value as a flag would spell it.
func readKeys(file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	document, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("%s: must hold keys and values: %w", file, err)
	}
	keys := map[string]string{}
	for key, value := range values {
		if keys[key], err = spell(value); err != nil {
			return nil, fmt.Errorf("%s: key %q: %w", file, key, err)
		}
	}
	return keys, nil
}

// spell writes a YAML value as it is given to a flag. YAML takes a bare on or
// off for a truth value.
func spell(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		if v {
			return "on", nil
		}
		return "off", nil
	case []any:
		var items []string
		for _, item := range v {
			text, err := spell(item)
			if err != nil {
				return "", err
			}
			items = append(items, text)
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("must be a text, a number or a list")
}
