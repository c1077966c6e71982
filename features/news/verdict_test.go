package news

import (
	"fmt"
	"strings"
	"testing"
)

func TestVerdictsStick(t *testing.T) {
	m, _ := NewMatcher([]Customer{
		{ID: "p/1", Name: "恒达控股集团有限公司"},
		{ID: "s", Name: "Hengda Trading Ltd", Parent: "p/1"},
		{ID: "h", Name: "华信股份有限公司", Aliases: []string{"华信股份"}},
	})
	title := "恒达控股集团被申请破产，华信股份财务总监辞职"
	for _, c := range []struct {
		name string
		say  [][3]string
		id   string // of the article
		text string
		want string
	}{
		{"nothing said", nil, "a/1", title, "h EXEC subject 2; p/1 INSOLV subject 4; s INSOLV group 2"},
		{"wrong customer, and what its group heard", [][3]string{{"a/1/p/1/INSOLV", "p/1", WrongCustomer}}, "a/1", title, "h EXEC subject 2"},
		{"a reprint elsewhere", [][3]string{{"a/1/p/1/INSOLV", "p/1", WrongCustomer}}, "b", "恒达控股集团被申请破产， 华信股份财务总监辞职！", "h EXEC subject 2"},
		{"another article", [][3]string{{"a/1/p/1/INSOLV", "p/1", WrongCustomer}}, "b", "恒达控股集团被申请破产", "p/1 INSOLV subject 4; s INSOLV group 2"},
		{"only the group's is wrong", [][3]string{{"a/1/s/INSOLV", "s", WrongCustomer}}, "a/1", title, "h EXEC subject 2; p/1 INSOLV subject 4"},
		{"wrong event", [][3]string{{"a/1/h/EXEC", "h", WrongEvent}}, "a/1", title, "p/1 INSOLV subject 4; s INSOLV group 2"},
		{"wrong role", [][3]string{{"a/1/h/EXEC", "h", WrongRole}}, "a/1", title, "h EXEC mentioned 1; p/1 INSOLV subject 4; s INSOLV group 2"},
		{"right", [][3]string{{"a/1/h/EXEC", "h", Right}}, "a/1", title, "h EXEC subject 2; p/1 INSOLV subject 4; s INSOLV group 2"},
		{"taken back", [][3]string{{"a/1/h/EXEC", "h", WrongCustomer}, {"a/1/h/EXEC", "h", Right}}, "a/1", title, "h EXEC subject 2; p/1 INSOLV subject 4; s INSOLV group 2"},
	} {
		var v Verdicts
		for _, s := range c.say {
			if !v.Say(s[0], s[1], s[2]) {
				t.Fatalf("%v is not taken", s)
			}
		}
		v.Titled("a/1", title)
		a := article(c.text, "official")
		a.ID = c.id
		var got []string
		for _, e := range v.Apply(a.ID, a.Title, m.Events(a)) {
			got = append(got, fmt.Sprintf("%s %s %s %d", e.CustomerID, e.Code, e.Role, e.Severity))
		}
		if s := strings.Join(distinct(got), "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
	var v Verdicts
	for _, id := range []string{"", "a", "a/h", "a/h/EXEC", "/p/EXEC"} {
		if v.Say(id, "p", Right) {
			t.Errorf("%q is taken as an event of p", id)
		}
	}
}

func TestVerdictSettlesASharedName(t *testing.T) {
	m, _ := NewMatcher([]Customer{{ID: "js", Name: "江苏恒达机械有限公司", Aliases: []string{"恒达机械"}}, {ID: "zj", Name: "浙江恒达机械有限公司", Aliases: []string{"恒达机械"}}})
	title := "恒达机械被申请破产"
	for _, c := range []struct {
		name    string
		say     map[string]string
		events  int
		settled bool
	}{
		{"nothing said", nil, 0, false},
		{"it is of 江苏", map[string]string{"js": Right}, 1, true},
		{"it is not of 江苏", map[string]string{"js": WrongCustomer}, 0, false}, // that it is of 浙江 nobody said
		{"it is of none", map[string]string{"js": WrongCustomer, "zj": WrongCustomer}, 0, true},
	} {
		var v Verdicts
		for customer, s := range c.say {
			v.Say(EventID("a1", customer, "INSOLV"), customer, s)
		}
		v.Titled("a1", title)
		a := article(title, "official")
		_, reviews := m.Read(a)
		if len(reviews) != 1 || v.IsSettled(reviews[0]) != c.settled {
			t.Errorf("%s: %+v settled %t, want %t", c.name, reviews, v.IsSettled(reviews[0]), c.settled)
		}
		a.Settled = v.Settled(a.ID, a.Title)
		events := v.Apply(a.ID, a.Title, m.Events(a))
		if len(events) != c.events || len(events) == 1 && events[0].CustomerID != "js" {
			t.Errorf("%s: %+v", c.name, events)
		}
	}
}

func TestVerdictsLabelHeadlines(t *testing.T) {
	var v Verdicts
	v.Say("a/c/INSOLV", "c", Right)
	v.Say("b/c/INSOLV", "c", WrongEvent)
	v.Say("d/c/POSIT", "c", Right)
	v.Say("e/c/INSOLV", "c", WrongCustomer)
	v.Say("f/c/INSOLV", "c", Right)
	v.Say("f/c/FRAUD", "c", WrongEvent)
	for article, want := range map[string][2]bool{"a": {true, true}, "b": {false, true}, "d": {false, true}, "e": {false, false}, "f": {true, false}, "none": {false, false}} {
		if bad, ok := v.Label(article); ok != want[1] || ok && bad != want[0] {
			t.Errorf("%s: bad %t, %t; want %v", article, bad, ok, want)
		}
	}
}
