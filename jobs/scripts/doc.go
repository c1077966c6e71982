// Package scripts runs the command line as people do: a script per subject in testdata/script, with exit codes and what is said. It is a package of
// its own beside jobs because both take minutes, and Go gives a package ten.
package scripts
