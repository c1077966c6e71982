// Package loss says what a default would cost: exposure at default, loss given default, expected loss, the loss of a bad
// year and the loss of a scenario.
//
//  1. [Terms.Expose] turns what a customer owes, has ordered and has as cover into an exposure at default. Every part is kept.
//  2. [Workouts] follows each default of the past to what came back of it, and [Fit] makes loss rates of that by segment,
//     shrunk to the rate of the configuration by how much was seen.
//  3. [Expect] joins both with a default probability to an expected loss.
//  4. [Book] is all customers together: concentration, the loss quantiles of the one-factor model with granularity
//     adjustment, and the stress set.
//
// Sources: Vasicek, Loan portfolio value (2002), for the one-factor model; Martin and Wilde, Unsystematic credit risk
// (Risk, November 2002), and Emmer and Tasche, Calculating credit risk capital charges with the one-factor model (2005), for
// the granularity adjustment; Gordy and Lütkebohmert, Granularity adjustment for regulatory capital assessment (2013), for the
// variance of the loss rate; Bühlmann and Straub (1970) for credibility; the notice of 25 September 2006 on Basel II
// (71 FR 55830) for the loss rate of a downturn.
package loss
