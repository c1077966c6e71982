// Package validation judges default probabilities against outcomes: ranking, calibration, stability, concentration.
//
// Every function takes plain slices or counts and returns the statistic of domain practice under its usual name.
// Where the data cannot answer (one class only, no rows) it returns [ErrGrey] and never a NaN: grey is not green.
package validation

import "errors"

// ErrGrey reports data on which a statistic is not defined.
var ErrGrey = errors.New("not enough data")
