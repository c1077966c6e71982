package models

import (
	"math"
	"sync"
	"time"
)

// progress tells how far an evaluation is; a nil one keeps silent.
type progress struct {
	tell     func(Progress)
	learners []string
	folds    int

	mu    sync.Mutex
	first map[string]time.Duration // what the first fit of a learner took
	did   time.Duration            // what is done, at those times
	done  int
}

func newProgress(o EvaluateOptions) *progress {
	if o.Progress == nil {
		return nil
	}
	return &progress{tell: o.Progress, learners: o.Options.Learners, folds: o.Folds, first: map[string]time.Duration{}}
}

func (p *progress) begin(fold int, learner string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(Progress{fold + 1, p.folds, learner, p.done, p.folds * len(p.learners), p.share()})
}

func (p *progress) end(learner string, took time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.first[learner]; !ok {
		p.first[learner] = took
	}
	p.did += p.first[learner]
	p.done++
}

func (p *progress) over() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(Progress{0, p.folds, "", p.done, p.done, 1})
}

func (p *progress) share() float64 {
	all := time.Duration(0)
	for _, took := range p.first {
		all += time.Duration(p.folds) * took
	}
	if len(p.first) < len(p.learners) || all == 0 {
		return math.NaN()
	}
	return float64(p.did) / float64(all)
}
