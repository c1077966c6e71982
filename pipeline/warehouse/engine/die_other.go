//go:build unix && !linux

package engine

import "syscall"

// dieWithParent has no equal outside Linux; there the end of standard input alone tells the child.
func dieWithParent() *syscall.SysProcAttr { return nil }
