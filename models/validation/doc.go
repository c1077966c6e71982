// Package validation judges default probabilities, and the night that computed them, against what came of them.
//
// It has two layers. The statistics are plain functions of slices and counts under their usual names; where the data cannot
// answer (one class only, no rows) they return [ErrGrey] and never a NaN: grey is not green. The pack is one list, [Tests]:
// a test takes what the night hands in ([Input]), says what it found in both languages, and gets its light by [Bounds].
// [Judge] runs them all: p-values are corrected within their family, an effect below its floor is never red, a green that
// rests on too little evidence is amber, and a light is decided anew only when something new is known. [BookLight] is the
// light of the whole and what it stops.
//
// To add a test: a row in Tests, its bounds in Bounds and bounds.yaml, its statistic with figures computed elsewhere in the
// tests, and the night on which it fails in TestEveryTestCanFail.
package validation

import "errors"

// ErrGrey reports data on which a statistic is not defined.
var ErrGrey = errors.New("not enough data")
