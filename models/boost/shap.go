package boost

// Explain writes a row's exact Shapley values (path-dependent TreeSHAP: Lundberg, Erion and Lee 2018, algorithm 2) into
// phi, one per column, and returns the base: base plus all phi is the row's log-odds.
func (s *Scorer) Explain(row int, phi []float64) (base float64) {
	clear(phi)
	base = s.e.Base
	var room [128]element
	for k := range s.e.Trees {
		t := &s.e.Trees[k]
		base += t.mean(0)
		w := walk{t: t, s: s, row: row, phi: phi}
		w.down(0, nil, room[:], 1, 1, -1)
	}
	return base
}

// Root is the log-odds before any column is known: the base of every explanation.
func (e *Ensemble) Root() float64 {
	base := e.Base
	for k := range e.Trees {
		base += e.Trees[k].mean(0)
	}
	return base
}

// mean is the value of a node over the rows grown on.
func (t *Tree) mean(at int) float64 {
	n := &t.Nodes[at]
	if n.Left == 0 {
		return n.Value
	}
	a, b := float64(t.Nodes[n.Left].Cover), float64(t.Nodes[n.Left+1].Cover)
	if a+b == 0 {
		return 0
	}
	return (a*t.mean(n.Left) + b*t.mean(n.Left+1)) / (a + b)
}

// An element of the path: a column, the share of rows that flow on without it and with it, and the weight of paths by the
// number of known columns.
type element struct {
	column    int
	zero, one float64
	weight    float64
}

type walk struct {
	t   *Tree
	s   *Scorer
	row int
	phi []float64
}

// down extends its parent's path, in room of its own, and goes on to both children.
func (w *walk) down(at int, parent, room []element, zero, one float64, column int) {
	n := &w.t.Nodes[at]
	if need := len(parent) + 1; len(room) < need {
		room = make([]element, 8*need)
	}
	path, room := room[:len(parent)+1], room[len(parent)+1:]
	copy(path, parent)
	extend(path, zero, one, column)
	if n.Left == 0 {
		for i := 1; i < len(path); i++ {
			w.phi[path[i].column] += unwoundSum(path, i) * (path[i].one - path[i].zero) * n.Value
		}
		return
	}
	hot, cold := n.Left+1, n.Left
	if n.left(w.s.Bin(n.Column, w.row)) {
		hot, cold = cold, hot
	}
	zeroNow, oneNow := 1.0, 1.0
	for i := 1; i < len(path); i++ {
		if path[i].column == n.Column {
			zeroNow, oneNow = path[i].zero, path[i].one
			path = unwind(path, i)
			break
		}
	}
	cover := float64(n.Cover)
	w.down(hot, path, room, zeroNow*float64(w.t.Nodes[hot].Cover)/cover, oneNow, n.Column)
	w.down(cold, path, room, zeroNow*float64(w.t.Nodes[cold].Cover)/cover, 0, n.Column)
}

// extend fills in the last element of a path and the weights.
func extend(path []element, zero, one float64, column int) {
	n := len(path) - 1
	path[n] = element{column, zero, one, 0}
	if n == 0 {
		path[0].weight = 1
	}
	for i := n - 1; i >= 0; i-- {
		path[i+1].weight += one * path[i].weight * float64(i+1) / float64(n+1)
		path[i].weight = zero * path[i].weight * float64(n-i) / float64(n+1)
	}
}

// unwind takes an element out of a path again.
func unwind(path []element, at int) []element {
	n := len(path) - 1
	one, zero := path[at].one, path[at].zero
	next := path[n].weight
	for i := n - 1; i >= 0; i-- {
		if one != 0 {
			was := path[i].weight
			path[i].weight = next * float64(n+1) / (float64(i+1) * one)
			next = was - path[i].weight*zero*float64(n-i)/float64(n+1)
		} else {
			path[i].weight = path[i].weight * float64(n+1) / (zero * float64(n-i))
		}
	}
	for i := at; i < n; i++ {
		path[i].column, path[i].zero, path[i].one = path[i+1].column, path[i+1].zero, path[i+1].one
	}
	return path[:n]
}

func unwoundSum(path []element, at int) float64 {
	n := len(path) - 1
	one, zero := path[at].one, path[at].zero
	next, total := path[n].weight, 0.0
	for i := n - 1; i >= 0; i-- {
		if one != 0 {
			w := next * float64(n+1) / (float64(i+1) * one)
			total += w
			next = path[i].weight - w*zero*float64(n-i)/float64(n+1)
		} else {
			total += path[i].weight / (zero * float64(n-i) / float64(n+1))
		}
	}
	return total
}
