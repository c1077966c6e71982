// Package boost grows histogram gradient-boosted trees for the log loss of a default flag.
//
// Columns are cut into at most 255 bins, eight columns to a word, so that one load serves eight histograms. Gradient and
// curvature of a row are one fixed-point integer: a histogram takes one addition per row and column, a sibling's histogram
// is an exact difference, and sums depend neither on the order of the rows nor on how many processors add them. The same
// rows give the same trees to the bit.
//
// Sources: Friedman, Greedy function approximation (2001); Chen and Guestrin, XGBoost (2016), for the regularised gain and the
// direction of missing values; Ke et al., LightGBM (2017), for leaf-wise growth, histogram subtraction and category splits.
package boost
