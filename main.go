// creditwatch tells a company every night which of its business customers may not pay, why, how much money is at stake and
// what to do about it.
package main

import (
	"os"

	"creditwatch/jobs"
)

func main() { os.Exit(jobs.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
