// Package models gives every customer a probability of default (PD), with an interval, a grade and reasons, and proves
// how good these are.
//
// It speaks golearn: a [Grid] is an Arrow feature table seen as base.FixedDataGrid without copying it, and every
// [Learner] is a base.Classifier that also yields log-odds and their exact additive split by feature. There are the
// [Scorecard] (weights of evidence, logistic regression, points), the [Linear] (a ridge regression whose columns may
// bend), the [Forest] (golearn's trees, bagged from a seed), the [Boosted] (bags of gradient-boosted trees, package boost)
// and the [Blend] of these by their unseen log-odds. Each chooses its own parameters from inside the rows it is fitted to,
// and within a budget that its type tells of: what is searched shrinks as the table grows. Columns of many texts are read
// at their texts' default rates, of other rows than the one encoded.
//
// A night takes these steps:
//
//  1. [Train] with the history of features and outcomes fits and calibrates every learner, picks a champion and
//     reports on rows held out. An error that is [ErrTooFewDefaults] means: keep the champion there is.
//  2. [Model.MarshalBinary] gives the bytes to keep, [Model.ID] the name; [Load] reads them back.
//  3. [Model.Score] with the night's features gives a [Scored] per row: PDs at four horizons, interval, points, grade,
//     evidence grade and the four dearest reasons in English and Chinese.
//
// Monthly cohorts tell of the same customers again and again, and their outcomes overlap. So whatever judges from inside
// (how strictly to bin, out-of-bag rates, calibration, the champion) is of other customers than those learnt from, or of
// cohorts whose outcome began after all of those; and what a bin must prove rises with how often a defaulter's rows
// repeat.
//
// [Evaluate] does the same for any labelled table: [ReadTable] reads it, folds are held out in turn.
//
// Nothing here depends on the order of rows, on the number of processors, on a clock or on a random source without a
// seed: the same input gives the same bytes. Missing values are null in Arrow, NaN inside, and never zero.
package models
