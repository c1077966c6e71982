//go:build unix && !linux

package engine

func machineBytes() int64 { return otherwiseBytes }
