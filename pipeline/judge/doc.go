// Package judge holds the tests that judge whole nights: features against values worked out by hand, and nights over real
// and simulated books against what is known to be true of them. It has no code of its own.
package judge
