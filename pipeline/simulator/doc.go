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
// # The truth
//
//   - truth/hazard.csv.gz: per customer and boundary at which it is in the book and not in default, the hazard over the
//     month that follows, the probability of default within twelve months and the health. The probability is the mean over
//     128 scenarios of a year (own drift, new distress, new industry shocks) around the expected course of that customer; defaults of
//     relatives to come are left out. See expectedPD.
//   - truth/defaults.csv: every default with its day, the day we learnt of it, its cure and its strongest cause.
//   - truth/dirt.csv: every planted piece with file, line (the header is 1), kind, column and note. Kinds: bad_cell (to be
//     rejected; the same row comes well besides), duplicate, correction ("same transaction_id …" or "supersedes …"),
//     cancellation, late, hostile_name, and return: bounced payments are no dirt, but they supersede as corrections do.
//   - truth/news.csv: every article with customer, event code, polarity, role, stage, story and kind of decoy (empty: true
//     and about the customer; reprint: true, but told before).
//   - truth/balances.csv: every confirmation that disagrees with the ledger, by how much and why, with the document if one is the cause:
//     in_transit (a payment that we booked only afterwards), not_booked (an invoice that the customer has not), typing.
//
// # Two times
//
// Every row carries known_at (UTC). A file dated D holds the rows learnt up to the end of D in Asia/Shanghai and
// after the delivery before it: monthly files named by the month's last day, and daily ones at the end of the
// horizon ([Options.DailyDays]). A file without rows is not written.
//
// # Same seed, same bytes
//
// Customers are made in blocks of whole groups, each from random streams of its own, and the blocks are written in
// order; the number of processors changes nothing. Dirt has its own stream: another Options.Dirt leaves the
// customers, their defaults and their true hazards as they are.
package simulator
