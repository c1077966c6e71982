// Package sources pulls what the company and the world deliver into the ledger, and accounts for every row of it.
//
// A [Source] of the configuration names files or feeds, the ledger table they fill and how its columns follow from
// theirs. [Pull] takes the sources of a night in order and does with each:
//
//  1. Look: every file is read through once before any row is taken: hash, encoding, header, and whether a packed
//     file is whole. What cannot be read as a whole is refused as a whole. A web service is asked for all its pages, which
//     wait as JSON lines in a file without a name; so is a database. Files of a store are copied first. A file that lacks
//     the control file it should have is not looked at yet; see [Control].
//  2. Stage: rows stream, as they came, into a staging table of the engine, and are held against the control files.
//  3. Map: the engine evaluates the `select` of the source. A filled cell that does not convert, a required one
//     that is empty, a value outside its range or list: the row is a reject that names the column and the reason.
//  4. Compare: rows whose identity (see below) is known already are duplicates.
//  5. Keep: new rows go to the ledger table, refused ones, whole, to rejects, the count of each kind to source_runs,
//     the files with their hashes to inputs. For every source, read = accepted + rejected + duplicates.
//
// Rows are file rows. When `from` makes several ledger rows of one line, the line is rejected if any of them is
// bad, and then none is kept; it is a duplicate if all of them are known; otherwise it is accepted. Rows that `where`
// leaves out do not count against their line; a line of which nothing is left is rejected as "left out by where".
//
// # Expressions
//
// An expression of `select`, `where` or `from` is SQL of the engine over the columns of the file, all Nullable(String) and
// named as in the header (in backquotes if the name is no plain one), and over _file and _line. decimal, whole, number, day, instant
// and flag convert a text and make the row a reject if it is filled and does not convert; to try without that, use the
// engine's own …OrNull functions. They cannot be used on the variable of a lambda. A ledger column without expression takes the
// column of its name; where an expression gives a text, the conversion of the ledger column's type follows of itself.
// Names in aliases and lists: between semicolons; external_keys: kind=key between semicolons.
//
// # Identity
//
// The content of a row is its ledger columns without known_at and fetched_at, which say when it was learnt, unless they
// are part of the key.
//
//   - With `key`, the same key and content again is a duplicate; the same key with other content is a correction: a new
//     version, accepted and counted. Readers take the version known last; at the same known_at, the later run, then the
//     later line wins. A version that returns to content seen before counts as known and is not kept again,
//     unless known_at, given by the file, is part of the key: then every instant has its own version, and none is a correction.
//   - Without `key`, identity is the content and how often it has occurred within its file, among rows of the
//     same source: a row that stands twice in a file counts twice, and once more in an overlapping file is known.
//
// Known rows are those of this run and of the published runs of other dates: a rerun of a date reads the rows of its date
// again, and what came from files that are gone since is copied from the earlier run. A row that was refused before,
// at the same place with the same bytes, and is refused again is a duplicate, so that it is quarantined once.
// A file that a published run of another date has read to the end, with the same hash, configuration and program, is not
// read again; its rows count as duplicates.
//
// # Services
//
// A record of a service is a row whose columns are its members, those of an object within it with a dot: Account.id. Lists stay JSON
// text. Its file is the address, without what looks like a secret, and its line is its place among the records of the night.
// A column that all records lack stops the source, unless `optional` names it; no record at all is no mistake.
//
// With `since`, a night asks for what was modified after the newest record of the published nights before its date, less an
// overlap. A rerun copies what its date's earlier run holds, as it does for feeds, for the service may not give it again.
// known_at should be mapped from the time of modification: a service answers with what it knows today, also to a night of
// the past.
//
// # Databases
//
// Everything is read in one transaction that sees one state. A row's file is the address of the database and its line is its place
// among the rows of the night, which differs from night to night: a refused row is known by its bytes alone. With a watermark, rows from the
// highest value that the published nights before the date have read, less an overlap, up to the knowledge cut are read; those without
// a value always. A rerun copies what its date's earlier run holds and reads the same stretch again.
//
// With `deletions: seen`, transactions of the source that the database no longer has are cancelled, and contracts end: see cancelGone.
//
// # Time
//
// A row is learnt at known_at, which the mapping may give; otherwise it is the last millisecond before the night's cut.
// Nothing here reads the clock.
package sources
