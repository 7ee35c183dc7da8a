// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Facts is what figures depend on and a reader has to know.
type Facts struct {
	CPU        string            `json:"cpu"`
	CPUs       []int             `json:"cpus"` // that the benchmark may use
	Online     int               `json:"online"`
	GOMAXPROCS int               `json:"gomaxprocs"`
	Governors  []string          `json:"governors"` // of the CPUs, each once; none: the hypervisor's matter
	Memory     uint64            `json:"memoryBytes"`
	Kernel     string            `json:"kernel"`
	System     string            `json:"system"`
	Settings   map[string]string `json:"settings"` // of the kernel, that change what a packet costs
}

// settings are files below /proc/sys and /sys.
var settings = []string{
	"/proc/sys/net/core/bpf_jit_enable", "/proc/sys/net/core/bpf_jit_harden", "/proc/sys/net/core/default_qdisc",
	"/proc/sys/kernel/bpf_stats_enabled", "/proc/sys/net/ipv4/tcp_congestion_control",
	"/sys/devices/system/cpu/smt/active", "/sys/devices/system/cpu/intel_pstate/no_turbo",
	"/sys/devices/system/clocksource/clocksource0/current_clocksource",
}

// Look collects the facts. What the machine does not tell stays empty.
func Look() (Facts, error) {
	cpus, err := CPUs()
	if err != nil {
		return Facts{}, err
	}
	f := Facts{
		CPU: model(), CPUs: cpus, Online: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), Governors: governors(),
		Kernel: kernel(), System: system(), Settings: map[string]string{},
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		f.Memory = info.Totalram * uint64(info.Unit)
	}
	for _, file := range settings {
		if text, err := os.ReadFile(file); err == nil {
			f.Settings[file] = strings.TrimSpace(string(text))
		}
	}
	return f, nil
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
}

func model() string { return field("/proc/cpuinfo", "model name", ":") }

func system() string { return strings.Trim(field("/etc/os-release", "PRETTY_NAME", "="), `"`) }

// field is the value of the first line of a file that starts with a key.
func field(file, key, separator string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, separator)
		if strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func governors() []string {
	files, _ := filepath.Glob("/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor") // fails on a bad pattern only
	found := []string{}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			found = append(found, strings.TrimSpace(string(text)))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
