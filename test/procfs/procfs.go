// Package procfs reads what the kernel counts of a process, for the benchmarks. What cannot be read is zero: the process has
// ended. Source: proc(5).
package procfs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Processor is the processor time that a process has used, in steps of a hundredth of a second (/proc/pid/stat).
func Processor(pid int) time.Duration {
	text, _ := os.ReadFile(path(pid, "stat"))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	const userTime, systemTime = 11, 12
	if len(fields) <= systemTime {
		return 0
	}
	user, _ := strconv.Atoi(fields[userTime])
	system, _ := strconv.Atoi(fields[systemTime])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// Fields of /proc/pid/status for [Memory].
const (
	Resident     = "VmRSS"
	PeakResident = "VmHWM"
)

// Memory is the memory of a process, in bytes.
func Memory(pid int, field string) int {
	text, _ := os.ReadFile(path(pid, "status"))
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, field+":"); found {
			kibibytes, _ := strconv.Atoi(strings.Fields(value)[0])
			return kibibytes << 10
		}
	}
	return 0
}

func path(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }
