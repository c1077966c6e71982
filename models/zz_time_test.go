package models
import ("testing";"time")
func TestTimeCanary(t *testing.T) {
	in := aBook(500, 8)
	in.Default = DealLabels(in.Default, in.Cohorts, in.Customers, 1)
	for _, l := range Learners {
		in.Options.Learners = []string{l}
		s := time.Now()
		_, r, err := Train(in)
		auc, _ := r.Value(l, "holdout", "auc")
		t.Log(l, time.Since(s), err, auc)
	}
}
