package news

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// How far apart, in days, the events of one story may lie, counted from its first.
const storyDays = 7

// Shares of common words: of the shorter text for telling the same story, of both together for being a reprint.
const akin, copied = 0.25, 0.9

// Cluster sets StoryID. Events of one customer and code within seven days are one story when their sentences are alike,
// when one answers the other (a rumour and its denial), or when they are in different languages and words cannot be compared;
// two different sums of money need more likeness. Events are taken in the order we learnt of them, so an event that
// arrives later never changes the story of an earlier one.
func Cluster(events []Event) {
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return byKnowledge(&events[a], &events[b]) })
	type story struct {
		id    string
		first asof.Date
		seen  []*Event
		words [][]uint64
	}
	open := map[[3]string][]*story{}
	for _, i := range order {
		e := &events[i]
		key := [3]string{e.CustomerID, e.Code, e.Reverses}
		words := signature(e)
		var home *story
		best := -1.0
		for _, s := range open[key] {
			if d := e.OccurredOn.Sub(s.first); d > storyDays || d < -storyDays {
				continue
			}
			for j, o := range s.seen {
				like := contained(words, s.words[j])
				need := akin
				if e.Amount != "" && o.Amount != "" && e.Amount != o.Amount {
					need = 0.5
				}
				if e.Language != o.Language || e.Polarity != o.Polarity {
					like = max(like, akin)
					need = akin
				}
				if like >= need && like > best {
					home, best = s, like
				}
			}
		}
		if home == nil {
			home = &story{id: storyID(e), first: e.OccurredOn}
			open[key] = append(open[key], home)
		}
		if len(home.seen) < 16 { // enough to recognise the next
			home.seen = append(home.seen, e)
			home.words = append(home.words, words)
		}
		e.StoryID = home.id
	}
}

func byKnowledge(a, b *Event) int {
	return cmp.Or(
		a.KnownAt.Compare(b.KnownAt),
		cmp.Compare(a.OccurredOn, b.OccurredOn),
		cmp.Compare(a.ArticleID, b.ArticleID),
		cmp.Compare(a.CustomerID, b.CustomerID),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Reverses, b.Reverses),
	)
}

func storyID(e *Event) string {
	h := fnv.New64a()
	for _, part := range []string{e.CustomerID, e.Code, e.Reverses, e.ArticleID, e.OccurredOn.String()} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// signature returns the hashed words of the sentence but for the customer's name, sorted: words of spaced scripts, pairs of
// Chinese characters.
func signature(e *Event) []uint64 {
	text := []rune(folded(strings.Replace(e.Sentence, e.Matched, "", 1)))
	var out []uint64
	add := func(word []rune) {
		h := fnv.New64a()
		h.Write([]byte(string(word)))
		out = append(out, h.Sum64())
	}
	for i := 0; i < len(text); {
		switch {
		case isWord(text[i]):
			end := i + 1
			for end < len(text) && isWord(text[end]) {
				end++
			}
			add(text[i:end])
			i = end
		case isHan(text[i]) && i+1 < len(text) && isHan(text[i+1]):
			add(text[i : i+2])
			i++
		default:
			i++
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// common counts the members two sorted sets share.
func common(a, b []uint64) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return n
}

// contained is the share of the smaller set that the other has too.
func contained(a, b []uint64) float64 {
	if min(len(a), len(b)) == 0 {
		return 0
	}
	return float64(common(a, b)) / float64(min(len(a), len(b)))
}

// overlap is the Jaccard index; two empty sets are equal.
func overlap(a, b []uint64) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	n := common(a, b)
	return float64(n) / float64(len(a)+len(b)-n)
}

// A Story is what the events of one StoryID say together: one vote, however many reprints.
type Story struct {
	ID, CustomerID, Code, Reverses string
	Polarity, Stage, Role          string
	Severity                       int8    // with corroboration: 4 needs sources that sum to 1
	Corroboration                  float64 // sum of the weights of independent sources that agree with Polarity
	Sources                        int     // independent publishers, whatever they say
	Events                         []int   // indices, in the order we learnt of them
	OccurredOn                     asof.Date
	KnownAt                        time.Time // of the first
	HalfLifeDays                   float64
}

// Weight is what is left of the story at date d: half of it after each half-life, nothing before it happened.
func (s *Story) Weight(d asof.Date) float64 {
	age := d.Sub(s.OccurredOn)
	if age < 0 {
		return 0
	}
	return math.Exp2(-float64(age) / s.HalfLifeDays)
}

// Stories sums up clustered events, ordered by first knowledge, customer and code. The polarity is that of the heavier
// side, in a tie of the later; a publisher counts once, and a reprint only for what it adds to its original's weight.
func Stories(events []Event) []Story {
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return byKnowledge(&events[a], &events[b]) })
	var ids []string
	members := map[string][]int{}
	for _, i := range order {
		id := events[i].StoryID
		if members[id] == nil {
			ids = append(ids, id)
		}
		members[id] = append(members[id], i)
	}
	out := make([]Story, 0, len(ids))
	for _, id := range ids {
		out = append(out, sumUp(events, id, members[id]))
	}
	return out
}

// A voice is one independent source of a story.
type voice struct {
	publisher string
	polarity  string
	weight    float64
	words     []uint64
}

func sumUp(events []Event, id string, members []int) Story {
	first := &events[members[0]]
	s := Story{ID: id, CustomerID: first.CustomerID, Code: first.Code, Reverses: first.Reverses, Events: members,
		OccurredOn: first.OccurredOn, KnownAt: first.KnownAt, HalfLifeDays: first.HalfLifeDays}
	var voices []voice
	publishers := map[string]bool{}
	for _, i := range members {
		e := &events[i]
		words := signature(e)
		publishers[e.Publisher] = true
		known := false
		for v := range voices {
			o := &voices[v]
			if o.polarity == e.Polarity && (o.publisher == e.Publisher || overlap(words, o.words) >= copied) {
				o.weight = max(o.weight, e.SourceWeight)
				known = true
				break
			}
		}
		if !known {
			voices = append(voices, voice{e.Publisher, e.Polarity, e.SourceWeight, words})
		}
	}
	s.Sources = len(publishers)
	sums := map[string]float64{}
	for _, v := range voices {
		sums[v.polarity] += v.weight
	}
	for _, v := range voices { // the later of two equal sides wins
		if sums[v.polarity] >= s.Corroboration {
			s.Polarity, s.Corroboration = v.polarity, sums[v.polarity]
		}
	}
	s.Corroboration = math.Round(s.Corroboration*100) / 100 // 0.2 five times is 1
	for _, i := range members {
		e := &events[i]
		if e.Polarity != s.Polarity {
			continue
		}
		severity := e.Severity
		if s.Polarity == Affirmed && e.Role == Subject && s.Corroboration >= 1 && e.Stage != Closed {
			severity = e.BaseSeverity
		}
		if severity > s.Severity || severity == s.Severity && e.Role == Subject && s.Role != Subject {
			s.Severity, s.Role, s.Stage = severity, e.Role, e.Stage
		}
	}
	return s
}
