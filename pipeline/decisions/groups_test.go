package decisions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"creditwatch/features/book"

	"pgregory.net/rapid"
)

// family makes accounts of "child<parent" and bare numbers, each with an exposure of its own.
func family(links ...string) []Account {
	var accounts []Account
	for i, link := range links {
		a := usual()
		a.CustomerID, a.ParentID, _ = strings.Cut(link, "<")
		a.Orders, a.Open = 0, book.Money(1000*(i+1))*yuan
		a.Currencies = []CurrencyPart{{Currency: "CNY", OpenAmount: a.Open, Open: a.Open}}
		a.ExpectedLoss = book.Money(i+1) * yuan
		accounts = append(accounts, a)
	}
	return accounts
}

func groupsOf(t testing.TB, accounts []Account, p GroupPolicy) ([]Limit, []*Group, map[string]*Group) {
	t.Helper()
	limits, err := desk().Recommend(accounts)
	if err != nil {
		t.Fatal(err)
	}
	groups, of := Groups(limits, p)
	return limits, groups, of
}

func TestGroupsFollowTheirParents(t *testing.T) {
	p := Default().Groups
	p.MaxDepth = 3
	for _, c := range []struct {
		shows string
		links []string
		want  string // group: members depth, with circles and cuts
	}{
		{"alone", []string{"A"}, "A:[A]0"},
		{"parent and children", []string{"B<A", "A", "C<A"}, "A:[A B C]1"},
		{"grandparents", []string{"C<B", "B<A", "A"}, "A:[A B C]2"},
		{"a parent that is no customer", []string{"B<P", "C<P"}, "P:[B C]1"},
		{"two groups", []string{"B<A", "A", "D<C", "C"}, "A:[A B]1 C:[C D]1"},
		{"a circle of two", []string{"B<A", "A<B"}, "A:[A B]1 circle[A B]"},
		{"its own parent", []string{"A<A"}, "A:[A]0 circle[A]"},
		{"a child of a circle", []string{"C<B", "B<A", "A<B"}, "A:[A B C]2 circle[A B]"},
		{"as deep as may be", []string{"D<C", "C<B", "B<A", "A"}, "A:[A B C D]3"},
		{"deeper", []string{"E<D", "D<C", "C<B", "B<A", "A"}, "A:[A B C D]3 B:[E]3 cut[E]"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			_, groups, _ := groupsOf(t, family(c.links...), p)
			var got []string
			for _, g := range groups {
				s := fmt.Sprintf("%s:%v%d", g.ID, g.Members, g.Depth)
				if len(g.Cycle) > 0 {
					s += fmt.Sprintf(" circle%v", g.Cycle)
					if !strings.Contains(g.EN, "in a circle: "+strings.Join(g.Cycle, ", ")) {
						t.Errorf("the circle is not named: %q", g.EN)
					}
				}
				if len(g.Cut) > 0 {
					s += fmt.Sprintf(" cut%v", g.Cut)
				}
				got = append(got, s)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestWhoDragsWhom(t *testing.T) {
	accounts := family("A", "B<A", "C<A", "X")
	accounts[1].InDefault, accounts[3].InDefault = true, true
	_, groups, _ := groupsOf(t, accounts, Default().Groups)
	g := groups[0]
	if !slices.Equal(g.Fallen, []string{"B"}) || !slices.Equal(g.Dragged, []string{"A", "C"}) || g.AtStake != 4000*yuan || g.LossAtStake != 4*yuan {
		t.Errorf("fallen %v, dragged %v with %s and %s", g.Fallen, g.Dragged, g.AtStake, g.LossAtStake)
	}
	if want := "3 customers owe 6,000; B (in default or with a critical warning) may drag A, C: exposure 4,000, expected loss 4"; g.EN != want {
		t.Errorf("got %q, want %q", g.EN, want)
	}
	if len(groups[1].Dragged) != 0 || groups[1].EN != "" {
		t.Errorf("a customer alone drags %v: %q", groups[1].Dragged, groups[1].EN)
	}
}

func TestGroupLimits(t *testing.T) {
	accounts := family("A", "B<A", "C<A")
	accounts[0].Limit, accounts[1].Limit, accounts[2].Limit = units(2000), units(2000), nil
	p := Default().Groups
	_, groups, _ := groupsOf(t, accounts, p)
	if g := groups[0]; show(g.InForce) != "4000.00" || *g.Utilisation != 1.5 || !slices.Equal(g.Unlimited, []string{"C"}) || !strings.Contains(g.EN, "beyond the limit of 4,000 by 2,000") {
		t.Errorf("limit %s, use %v, without %v: %s", show(g.InForce), *g.Utilisation, g.Unlimited, g.EN)
	}
	p.LimitOf = "parent"
	_, groups, _ = groupsOf(t, accounts, p)
	if g := groups[0]; show(g.InForce) != "2000.00" || *g.Utilisation != 3 {
		t.Errorf("limit of the parent %s, use %v", show(g.InForce), *g.Utilisation)
	}
}

// TestConcentrationByHand: 60, 30 and 10 of 100 have squares of 0.36 + 0.09 + 0.01 = 0.46, as many as 1 / 0.46 = 2.1739 equal names.
func TestConcentrationByHand(t *testing.T) {
	accounts := family("A", "B<A", "C")
	for i, x := range []book.Money{60, 30, 10} {
		a := &accounts[i]
		a.Open, a.Industry, a.Country = x*1000*yuan, []string{"steel", "", "steel"}[i], "CN"
		a.Currencies = []CurrencyPart{{Currency: "CNY", Open: a.Open, OpenAmount: a.Open}}
	}
	accounts[1].Currencies = []CurrencyPart{{Currency: "USD", Open: 40_000 * yuan, OpenAmount: 5_000 * yuan}, {Currency: "EUR", Unapplied: 10_000 * yuan, OpenAmount: -1_000 * yuan}}
	accounts[1].Open, accounts[1].Unapplied = 40_000*yuan, 10_000*yuan
	accounts[0].Insured, accounts[0].Secured = 50_000*yuan, 20_000*yuan
	p := Default().Groups
	p.ShownTop, p.Top, p.Max.Country, p.MinNeeded = 2, []int{1, 2}, 0.999, 2
	limits, groups, _ := groupsOf(t, accounts, p)
	var got []string
	for _, c := range Concentrations(limits, groups, Default().Limits.Exposure, p) {
		s := fmt.Sprintf("%s %d %q %d %s %.4f", c.Dimension, c.Rank, c.Name, c.Customers, money(c.Exposure), c.Share)
		if c.ExpectedLoss != nil {
			s += " loss " + money(*c.ExpectedLoss)
		}
		if c.OpenAmount != nil {
			s += " own " + money(*c.OpenAmount)
		}
		if c.HHI != nil {
			s += fmt.Sprintf(" hhi %.4f names %.4f", *c.HHI, *c.Effective)
		}
		if c.Max != nil {
			s += fmt.Sprintf(" max %v", *c.Max)
		}
		if c.Breach {
			s += " breach"
		}
		got = append(got, s)
	}
	want := `book 0 "" 3 100,000 1.0000 loss 6
customer 0 "" 3 100,000 1.0000 loss 6 hhi 0.4600 names 2.1739
customer 1 "A" 1 60,000 0.6000 loss 1 max 0.1 breach
customer 2 "B" 1 30,000 0.3000 loss 2 max 0.1 breach
customer 3 "(rest)" 1 10,000 0.1000 loss 3
group 0 "" 3 100,000 1.0000 loss 6 hhi 0.8200 names 1.2195 breach
group 1 "A" 2 90,000 0.9000 loss 3 max 0.15 breach
group 2 "C" 1 10,000 0.1000 loss 3 max 0.15
top 1 "1" 2 90,000 0.9000 loss 3 max 0.5 breach
top 2 "2" 3 100,000 1.0000 loss 6
industry 0 "" 3 100,000 1.0000 loss 6 hhi 0.5800 names 1.7241
industry 1 "steel" 2 70,000 0.7000 loss 4 max 0.35 breach
industry 2 "" 1 30,000 0.3000 loss 2 max 0.35
region 0 "" 3 100,000 1.0000 loss 6 hhi 1.0000 names 1.0000
region 1 "Hebei" 3 100,000 1.0000 loss 6 max 0.5 breach
country 0 "" 3 100,000 1.0000 loss 6 hhi 1.0000 names 1.0000
country 1 "CN" 3 100,000 1.0000 loss 6 max 0.999 breach
cover 0 "" 3 100,000 1.0000 loss 6 hhi 0.3600 names 2.7778
cover 1 "insured" 1 40,000 0.4000
cover 2 "uncovered" 2 40,000 0.4000
cover 3 "secured" 1 20,000 0.2000
currency 0 "" 3 100,000 1.0000 loss 6 hhi 0.5372 names 1.8615
currency 1 "CNY" 2 70,000 0.7000 own 70,000
currency 2 "USD" 1 40,000 0.4000 own 5,000
currency 3 "EUR" 1 -10,000 -0.1000 own -1,000`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

func TestSumsOfGroupsAreTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "customers")
		accounts := make([]Account, n)
		for i := range accounts {
			a := usual()
			a.CustomerID = fmt.Sprintf("C%02d", i)
			if rapid.Bool().Draw(t, "has parent") {
				a.ParentID = fmt.Sprintf("C%02d", rapid.IntRange(0, n+3).Draw(t, "parent"))
			}
			a.Currencies, a.Open, a.Shipped, a.Orders, a.Unapplied = nil, 0, 0, 0, 0
			for _, currency := range []string{"CNY", "USD", "JPY"}[:rapid.IntRange(0, 3).Draw(t, "currencies")] {
				c := CurrencyPart{Currency: currency}
				for _, m := range []*book.Money{&c.Open, &c.Shipped, &c.Orders, &c.Unapplied} {
					*m = book.Money(rapid.Int64Range(0, 1e9).Draw(t, "amount"))
				}
				a.Open, a.Shipped, a.Orders, a.Unapplied = a.Open+c.Open, a.Shipped+c.Shipped, a.Orders+c.Orders, a.Unapplied+c.Unapplied
				a.Currencies = append(a.Currencies, c)
			}
			a.ExpectedLoss = book.Money(rapid.Int64Range(0, 1e8).Draw(t, "loss"))
			accounts[i] = a
		}
		d := desk()
		d.Policy.Exposure = ExposurePolicy{Shipped: rapid.Float64Range(0, 1).Draw(t, "shipped"), Orders: rapid.Float64Range(0, 1).Draw(t, "orders")}
		limits, err := d.Recommend(accounts)
		if err != nil {
			t.Fatal(err)
		}
		p := Default().Groups
		p.ShownTop, p.MaxDepth = rapid.IntRange(1, 5).Draw(t, "shown"), rapid.IntRange(1, 5).Draw(t, "depth")
		groups, of := Groups(limits, p)
		var exposure, loss, byGroup, lossByGroup book.Money
		members := 0
		for _, l := range limits {
			exposure, loss = exposure+l.Exposure, loss+l.ExpectedLoss
			if !slices.Contains(of[l.CustomerID].Members, l.CustomerID) {
				t.Fatalf("%s is not in its group", l.CustomerID)
			}
		}
		for _, g := range groups {
			byGroup, lossByGroup, members = byGroup+g.Exposure, lossByGroup+g.ExpectedLoss, members+len(g.Members)
		}
		if byGroup != exposure || lossByGroup != loss || members != n {
			t.Fatalf("groups sum to %s and %s of %d, the book is %s and %s of %d", byGroup, lossByGroup, members, exposure, loss, n)
		}
		sums := map[string]book.Money{}
		for _, c := range Concentrations(limits, groups, d.Policy.Exposure, p) {
			if c.Rank > 0 {
				sums[c.Dimension] += c.Exposure
			} else if c.Exposure != exposure {
				t.Fatalf("%s as a whole is %s, the book %s", c.Dimension, c.Exposure, exposure)
			}
		}
		for _, dim := range []string{"customer", "group", "industry", "region", "country", "cover", "currency"} {
			if sums[dim] != exposure {
				t.Fatalf("%s sums to %s, the book is %s", dim, sums[dim], exposure)
			}
		}
	})
}
