// Package news reads articles and says what happened to which customer.
//
// The way of an article:
//
//  1. text.go splits title and body into sentences and folds each: full width to half width, compatibility forms, case,
//     accents, traditional to simplified, spacing and brackets. Every folded rune remembers its bytes in the original.
//  2. match.go finds customers by name in the fold, leftmost-longest over a trie (trie.go). A name that could mean
//     two customers, or nothing in particular, is refused when the matcher is built and returned as an [Ambiguity].
//  3. phrase.go finds the trigger phrases of the [Taxonomy] and the cues around them (cues.go) in sentences that name a customer.
//  4. judge.go ties each trigger to a customer; role.go, polarity.go and when.go say in which role, whether it is so, and when.
//  5. story.go puts reprints, follow-ups and the answer to a rumour under one story, and weighs its sources.
//
// Everything is a function of its arguments: no clock, no database, no order that depends on a map.
package news
