// Package boost grows histogram gradient-boosted trees for the log loss of a default flag.
//
// Columns are cut into at most 254 bins beside that of missing values, and the columns of a tree are laid row by row, eight to
// a word, so that one load serves eight histograms. Gradient and curvature of a row are one fixed-point integer: a histogram
// takes one addition per row and column, a sibling's histogram is an exact difference, and sums depend neither on the order
// of the rows nor on how many processors add them. The same rows give the same trees to the bit. Nothing that depends on the
// order of rows enters: where many rows are sampled, for bins or for a tree, their content or their customer decides.
//
// Scoring goes the other way about: 64 rows are the bits of a word, and a split is a mask.
//
// Sources: Friedman, Greedy function approximation (2001); Chen and Guestrin, XGBoost (2016), for the regularised gain and the
// direction of missing values; Ke et al., LightGBM (2017), for leaf-wise growth, histogram subtraction and category splits;
// Lucchese et al., QuickScorer (2015), for scoring by bits.
package boost
