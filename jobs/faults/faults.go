// Package faults is the list of what can go wrong with a night, each with the tests that show what then holds.
//
// What holds after every fault, checked by each test where it can be seen:
//
//	I1  each published date shows exactly one run, with the recorded count and checksum
//	I2  the last good publication stays readable, at the fault and after
//	I3  the same date run to its end gives the same bytes as a run without fault (but for run numbers and times)
//	I4  accepted + rejected + duplicates = read, per source
//	I5  a message is sent at least once after publication, never before; a repeat carries the same key
//	I6  exit code and log name the cause; no secret in any output
//	I7  no claim, temporary file, child process or part left over after the next clean run
package faults

// A Fault is one row of the list.
type Fault struct {
	ID     string   // F-01 …
	What   string   // what goes wrong, and how the tests bring it about
	Then   string   // what holds beyond I1 to I7
	Tests  []string // package and test, as jobs.TestDisturbedNight/disk full; the test exists, see TestEveryFaultHasItsTests
	Checks string   // the invariants that these tests look at: "1 2 3"; empty: what Then says alone
	Full   string   // the flag with which the tests go through all of it; empty: they always do
	Weak   string   // what of the fault is not shown, and why
}

// All is the list in order: the machine's faults (crashes, disk, database, long run) and those of what comes in and goes out.
var All = append(machine, outside...)
