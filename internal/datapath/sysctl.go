// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sysctls is where the kernel shows its settings. Those below net are the calling thread's
// network namespace's.
const sysctls = "/proc/sys"

// readSysctl reads a setting by its path below /proc/sys, with slashes: interface names may have
// dots. fs.ErrNotExist if the kernel does not have it.
func readSysctl(key string) (string, error) {
	data, err := os.ReadFile(filepath.Join(sysctls, key))
	if err != nil {
		return "", fmt.Errorf("reading sysctl %s: %w", key, err)
	}
	return strings.TrimSpace(string(data)), nil
}

// writeSysctl changes a setting, unless it is like that already: some have side effects when written.
func writeSysctl(key, value string) error {
	have, err := readSysctl(key)
	if err != nil || have == value {
		return err
	}
	if err := os.WriteFile(filepath.Join(sysctls, key), []byte(value), 0); err != nil {
		return fmt.Errorf("setting sysctl %s to %s: %w", key, value, err)
	}
	return nil
}

// disableIPv6 keeps IPv6 off an interface: no link-local address, no multicast reports. A
// kernel without IPv6 does that by itself.
func disableIPv6(device string) error {
	err := writeSysctl("net/ipv6/conf/"+device+"/disable_ipv6", "1")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// enableIPv6 lets an interface have the addresses that it is given and no other: none from
// router advertisements, and no link-local one of the kernel's. To be called before it is up.
func enableIPv6(device string) error {
	const none = "1" // IN6_ADDR_GEN_MODE_NONE
	conf := "net/ipv6/conf/" + device
	if err := writeSysctl(conf+"/accept_ra", "0"); err != nil {
		return err
	}
	if err := writeSysctl(conf+"/addr_gen_mode", none); err != nil {
		return err
	}
	return writeSysctl(conf+"/disable_ipv6", "0")
}
