package faults

// outside is F-27 to F-54: time, data, feeds and network, models, outputs.
var outside = []Fault{}
