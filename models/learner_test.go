package models

import "testing"

var bookColumns = []string{"utilisation", "days_late", "noise", "constant", "industry"}

func bookGrid(t *testing.T, in TrainInput) *Grid {
	t.Helper()
	g, err := NewGrid(in.Features, bookColumns, in.Default)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Release)
	return g
}

func TestUnknownLearner(t *testing.T) {
	if _, err := New("oracle", nil, Options{}); err == nil {
		t.Error("got no error")
	}
}
