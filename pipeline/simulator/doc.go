// Package simulator invents a supplier's receivables book whose truth is known.
//
// No public data set has ledger, contacts, contracts, ratings, news and defaults of the same customers, and none
// says how likely each of them really was to default. [Write] fills a folder with ordinary source files (the
// mapping is configs/simulated.yaml) and with truth/, which the pipeline never reads and tests judge by.
//
// # The world
//
// Customers belong to an industry, a region, a size class and, some, to a group. Each has a latent health with mean 0
// and a standard deviation near 1, kept at the month ends (and at the day before the first and at the last day):
//
//	health = quality + cell effects + own drift (AR(1)) + macro + industry shock + region
//	         + contagion (a relative's default) + own distress (builds up over months, then fades)
//
// The hazard of default over the month that follows a boundary is 1 − exp(−λ), λ = exp(level − slope·health), at
// most maxHazard; a customer who is planning a bust-out has a hazard of its own. A default is drawn from nothing but this
// hazard, and everything the customer does before is drawn from health alone, so the true hazard is the best
// prediction there can be. From the default on the customer pays nothing; some cure, the others are written off.
//
// # Two times
//
// Every row carries known_at (UTC). A file dated D holds the rows learnt up to the end of D in Asia/Shanghai and
// after the delivery before it: monthly files named by the month's last day, and daily ones at the end of the
// horizon. A file without rows is not written.
//
// # Same seed, same bytes
//
// Customers are made in blocks of whole groups, each from random streams of its own, and the blocks are written in
// order; the number of processors changes nothing. Dirt has its own stream: another Options.Dirt leaves the
// customers, their defaults and their true hazards as they are.
package simulator
