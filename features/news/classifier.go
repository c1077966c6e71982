package news

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
)

// A Label is a headline that somebody has judged.
type Label struct {
	Text []rune  // fold of the headline in which every customer's name is masked, see [Matcher.Headline]
	Tone float64 // what the rules say: [Matcher.Tone]
	Bad  bool    // bad news for the customer
}

// Headline makes an unjudged label of a headline about somebody: about is what the customer is called where the headline does not
// say so itself, as a source may tell beside it.
func (m *Matcher) Headline(title string, events []Event) Label {
	masked := m.masked(title)
	for i, r := range masked {
		if r >= '0' && r <= '9' {
			masked[i] = '0' // which figure it is tells nothing
		}
	}
	return Label{Text: masked, Tone: m.Tone(title, events)}
}

// A Classifier is a logistic regression on the hashed pieces of a headline (one to three characters of Chinese, one and two words of
// other scripts) and on the tone of the rules. It says how bad a headline is, never what happened.
type Classifier struct {
	weights       []float32 // by hash of the piece
	bias, ofRules float64
	Rows, Bad     int    // it was trained on
	Labels        string // hash of what it was trained on
}

const (
	pieceBits  = 15 // 128 kB of weights
	pieceCount = 1 << pieceBits
	ridge      = 0.25 // penalty on half the squared weights; the rows are of length 1
	ruleScale  = 4    // what the rules say is worth more than any one piece
)

// Fewer labels than these, or fewer of one kind, teach nothing that the rules do not know.
const (
	LabelsNeeded   = 200
	OfEachNeeded   = 40
	longestLearned = 400 // runes of a headline
)

// ErrFewLabels reports that there is too little to learn from.
var ErrFewLabels = errors.New("too few labels")

// A piece is a feature of a headline.
type piece struct {
	at    uint32
	value float32
}

// pieces returns the features of a headline, by hash; its length is 1.
func pieces(text []rune) []piece {
	text = text[:min(len(text), longestLearned)]
	var at []uint32
	add := func(rs ...rune) {
		h := uint32(2166136261)
		for _, r := range rs {
			h = (h ^ uint32(r)) * 16777619
			h ^= h >> 13
		}
		h *= 0x85ebca6b
		at = append(at, (h^h>>16)&(pieceCount-1))
	}
	var words [][]rune
	for i := 0; i < len(text); {
		r := text[i]
		switch {
		case r == ' ':
			i++
			continue
		case isWord(r):
			end := i + 1
			for end < len(text) && isWord(text[end]) {
				end++
			}
			words = append(words, text[i:end])
			add(append([]rune{'w'}, text[i:end]...)...)
			if len(words) > 1 {
				add(slices.Concat([]rune{'b'}, words[len(words)-2], []rune{' '}, words[len(words)-1])...)
			}
			i = end
		default:
			words = nil
			i++
		}
	}
	for i, r := range text {
		if r == ' ' || isLatin(r) && !(r == '0') {
			continue
		}
		add(r)
		for n := 2; n <= 3 && i+n <= len(text); n++ {
			if q := text[i+n-1]; q == ' ' || isLatin(q) && q != '0' {
				break
			}
			add(text[i : i+n]...)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	out := make([]piece, len(at))
	for i, h := range at {
		out[i] = piece{h, float32(1 / math.Sqrt(float64(len(at))))}
	}
	return out
}

// isLatin reports whether r belongs to a word that is taken whole.
func isLatin(r rune) bool { return isWord(r) && r != namedRune }

// Train fits a classifier. The order of the labels does not matter, to the last bit.
func Train(labels []Label) (*Classifier, error) {
	labels = slices.Clone(labels)
	sort.SliceStable(labels, func(a, b int) bool {
		x, y := &labels[a], &labels[b]
		if c := slices.Compare(x.Text, y.Text); c != 0 {
			return c < 0
		}
		if x.Tone != y.Tone {
			return x.Tone < y.Tone
		}
		return !x.Bad && y.Bad
	})
	c := &Classifier{Rows: len(labels)}
	h := sha256.New()
	rows := make([][]piece, len(labels))
	for i, l := range labels {
		if l.Bad {
			c.Bad++
		}
		fmt.Fprintf(h, "%s\x00%g\x00%t\n", string(l.Text), l.Tone, l.Bad)
		rows[i] = pieces(l.Text)
	}
	c.Labels = hex.EncodeToString(h.Sum(nil))
	if good := c.Rows - c.Bad; c.Rows < LabelsNeeded || c.Bad < OfEachNeeded || good < OfEachNeeded {
		return nil, fmt.Errorf("%d headlines, %d of them bad: want %d, %d of each kind: %w", c.Rows, c.Bad, LabelsNeeded, OfEachNeeded, ErrFewLabels)
	}
	// The last two places are the rules' tone and the constant, which bears no penalty.
	x := make([]float64, pieceCount+2)
	x[pieceCount+1] = math.Log(float64(c.Bad) / float64(c.Rows-c.Bad))
	lossAt := func(x, gradient []float64) float64 {
		loss := 0.0
		for j := range gradient {
			gradient[j] = 0
		}
		for j := 0; j <= pieceCount; j++ {
			loss += ridge * x[j] * x[j] / 2
			gradient[j] = ridge * x[j]
		}
		for i, row := range rows {
			tone := labels[i].Tone / ruleScale
			eta := x[pieceCount+1] + x[pieceCount]*tone
			for _, p := range row {
				eta += x[p.at] * float64(p.value)
			}
			y := 0.0
			if labels[i].Bad {
				y = 1
			}
			loss += math.Max(eta, 0) - y*eta + math.Log1p(math.Exp(-math.Abs(eta)))
			d := chance(eta) - y
			for _, p := range row {
				gradient[p.at] += d * float64(p.value)
			}
			gradient[pieceCount] += d * tone
			gradient[pieceCount+1] += d
		}
		return loss
	}
	minimise(x, lossAt)
	c.weights = make([]float32, pieceCount)
	for j := range c.weights {
		c.weights[j] = float32(x[j])
	}
	c.ofRules, c.bias = x[pieceCount]/ruleScale, x[pieceCount+1]
	return c, nil
}

// minimise walks x to the minimum of a smooth convex loss by L-BFGS. No random number, no parallel sum.
func minimise(x []float64, lossAt func(x, gradient []float64) float64) {
	const memory, steps = 8, 120
	n := len(x)
	gradient, next, nextGradient := make([]float64, n), make([]float64, n), make([]float64, n)
	direction := make([]float64, n)
	var moves, turns [][]float64
	dot := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	loss := lossAt(x, gradient)
	for range steps {
		for i := range direction {
			direction[i] = -gradient[i]
		}
		alpha := make([]float64, len(moves))
		for k := len(moves) - 1; k >= 0; k-- {
			alpha[k] = dot(moves[k], direction) / dot(moves[k], turns[k])
			for i := range direction {
				direction[i] -= alpha[k] * turns[k][i]
			}
		}
		if k := len(moves) - 1; k >= 0 {
			scale := dot(moves[k], turns[k]) / dot(turns[k], turns[k])
			for i := range direction {
				direction[i] *= scale
			}
		}
		for k := range moves {
			beta := dot(turns[k], direction) / dot(moves[k], turns[k])
			for i := range direction {
				direction[i] += (alpha[k] - beta) * moves[k][i]
			}
		}
		slope := dot(gradient, direction)
		if slope >= 0 {
			return
		}
		step := 1.0
		if len(moves) == 0 {
			step = 1 / (1 + math.Sqrt(dot(gradient, gradient)))
		}
		reached := loss
		for range 40 {
			for i := range x {
				next[i] = x[i] + step*direction[i]
			}
			if reached = lossAt(next, nextGradient); reached <= loss+1e-4*step*slope {
				break
			}
			step /= 2
		}
		if !(reached < loss) {
			return
		}
		move, turn := make([]float64, n), make([]float64, n)
		for i := range x {
			move[i], turn[i] = next[i]-x[i], nextGradient[i]-gradient[i]
		}
		done := loss-reached < 1e-9*(1+math.Abs(loss))
		copy(x, next)
		copy(gradient, nextGradient)
		loss = reached
		if done {
			return
		}
		if dot(move, turn) > 1e-12 {
			moves, turns = append(moves, move), append(turns, turn)
			if len(moves) > memory {
				moves, turns = moves[1:], turns[1:]
			}
		}
	}
}

// LogOdds says how bad the headline is; above 0 it is rather bad.
func (c *Classifier) LogOdds(l Label) float64 {
	eta := c.bias + c.ofRules*l.Tone
	for _, p := range pieces(l.Text) {
		eta += float64(c.weights[p.at]) * float64(p.value)
	}
	return eta
}

// classifierForm changes when a kept classifier would no longer mean the same: the pieces, or the words of the rules' tone.
var classifierForm = sync.OnceValue(func() string {
	h := sha256.New()
	fmt.Fprintf(h, "tone 1 %d %d\n", pieceBits, longestLearned)
	for _, list := range toneWords {
		fmt.Fprintf(h, "%d %g %s %s\n", list.Kind, list.Weight, list.EN, list.ZH)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
})

// ErrClassifier reports kept bytes that are no classifier of this version.
var ErrClassifier = errors.New("no headline classifier of this version")

// MarshalBinary writes the classifier; the same classifier gives the same bytes.
func (c *Classifier) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "creditwatch headline classifier\n%s %d %d %s\n", classifierForm(), c.Rows, c.Bad, c.Labels)
	for _, v := range []any{c.bias, c.ofRules, c.weights} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(b.Bytes())
	return append(b.Bytes(), sum[:]...), nil
}

// UnmarshalBinary reads what [Classifier.MarshalBinary] wrote, and refuses what is not whole or of another version.
func (c *Classifier) UnmarshalBinary(data []byte) error {
	if len(data) < sha256.Size {
		return fmt.Errorf("%d bytes: %w", len(data), ErrClassifier)
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return fmt.Errorf("checksum differs: %w", ErrClassifier)
	}
	var form string
	var read Classifier
	if n, err := fmt.Sscanf(string(body[:min(len(body), 300)]), "creditwatch headline classifier\n%s %d %d %s\n", &form, &read.Rows, &read.Bad, &read.Labels); n != 4 || err != nil {
		return fmt.Errorf("head is not one: %w", ErrClassifier)
	}
	if form != classifierForm() {
		return fmt.Errorf("it was made for %s, this is %s: %w", form, classifierForm(), ErrClassifier)
	}
	head := strings.Index(string(body), read.Labels) + len(read.Labels) + 1
	read.weights = make([]float32, pieceCount)
	r := bytes.NewReader(body[head:])
	for _, v := range []any{&read.bias, &read.ofRules, read.weights} {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			return fmt.Errorf("it is cut short: %w", ErrClassifier)
		}
	}
	if r.Len() > 0 {
		return fmt.Errorf("%d bytes too many: %w", r.Len(), ErrClassifier)
	}
	*c = read
	return nil
}
