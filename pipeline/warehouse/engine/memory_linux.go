package engine

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// machineBytes is the memory of the machine, or of the container if that is less.
func machineBytes() int64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return otherwiseBytes
	}
	total := int64(uint64(info.Totalram) * uint64(info.Unit))
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			total = min(total, limit) // "max" is no number
		}
	}
	return total
}
