package report

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"creditwatch/features"
	"creditwatch/pipeline/asof"

	"github.com/google/go-cmp/cmp"
)

// The credit file of the engine's book: what every section says of customer C70, and what it does not know yet.
func TestCreditFileOnEngine(t *testing.T) {
	db := openWarehouse(t)
	fill(t, db, features.Schema()...)
	fill(t, db, statements(t, "testdata/book.sql")...)
	fill(t, db, "INSERT INTO creditwatch.publications (as_of, run, fence, cut) VALUES ('2026-03-31', 9, 9, '2026-03-31 16:00:00')",
		`INSERT INTO creditwatch.customers_rows (customer_id, name, run, as_of, source, file, line, known_at) VALUES
			('C70', 'Learnt that day', 9, '2026-03-31', 'customers', 'd.csv', 1, '2026-03-31 15:59:59'), ('C70', 'Learnt after the cut', 9, '2026-03-31', 'customers', 'd.csv', 2, '2026-03-31 16:00:00')`,
		`INSERT INTO creditwatch.contracts_rows (contract_id, customer_id, valid_from, terms_days, guarantee_type, guarantee_amount, guarantee_until, run, as_of, known_at) VALUES
			('K1', 'C70', '2025-01-01', 30, '', NULL, NULL, 7, '2026-03-30', '2025-01-02 00:00:00'), ('K1', 'C70', '2025-01-01', 45, 'guarantee', 8000, '2026-12-31', 9, '2026-03-31', '2026-03-31 08:00:00')`,
		`INSERT INTO creditwatch.interactions_rows (interaction_id, customer_id, kind, occurred_on, outcome, promised_amount, promised_on, run, as_of, known_at) VALUES
			('X1', 'C70', 'promise', '2026-03-29', 'agreed', 750, '2026-04-03', 7, '2026-03-30', '2026-03-29 08:00:00'), ('X2', 'C70', 'call', '2026-03-31', 'no_answer', NULL, NULL, 9, '2026-03-31', '2026-03-31 08:00:00')`,
		`INSERT INTO creditwatch.contract_findings_rows (run, as_of, customer_id, contract_id, code, severity, owner, amount_base, since, due_on, action, text_en, text_zh) VALUES
			(9, '2026-03-31', 'C70', 'K70', 'contract_ends', 1, 'sales', 170, '2026-03-31', '2026-04-11', 'REVIEW', 'ends soon', '即将到期')`,
		`INSERT INTO creditwatch.entries (entry_id, kind, customer_id, subject, amount, until, entered_by, reason, known_at) VALUES
			('a', 'action', 'C70', 'PREPAY', 100, '2026-12-31', 'Li', 'cash first', '2026-03-29 08:00:00'), ('b', 'action', 'C70', 'SECURE', NULL, '2026-03-30', 'Li', 'over since', '2026-03-01 08:00:00'),
			('c', 'action', 'C70', 'FREEZE', NULL, NULL, 'Li', 'released', '2026-03-01 08:00:00'), ('d', 'release', 'C70', 'FREEZE', NULL, NULL, 'Li', 'released', '2026-03-31 08:00:00')`)
	of := func(customer, day string) map[string][]string {
		f, err := GatherFile(context.Background(), db, customer, asof.MustParse(day))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]string{}
		for _, i := range f.Items {
			amount := ""
			if i.Amount != nil {
				amount = i.Amount.String()
			}
			if i.View == "" || i.ItemEN == "" || i.ItemZH == "" {
				t.Errorf("%s %d: no view or no words: %+v", i.Section, i.Seq, i)
			}
			out[i.Section] = append(out[i.Section], strings.Join([]string{i.ItemEN, i.Value, amount, i.EN}, "|"))
		}
		return out
	}
	tonight, before := of("C70", "2026-03-31"), of("C70", "2026-03-30")
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"name as known at the cut", tonight["identity"][0], "name|Learnt that day||"},
		{"name as known the night before", before["identity"][0], "name|Customer 70||"},
		{"contract of tonight", tonight["contracts"], []string{"contract K1|2025-01-01 – …||terms 45 days; guarantee 8000  until 2026-12-31"}},
		{"contract of the night before", before["contracts"], []string{"contract K1|2025-01-01 – …||terms 30 days"}},
		{"contacts, the newest first", tonight["contacts"], []string{"2026-03-31 call|no_answer||", "2026-03-29 promise|agreed|750.0000|promised for 2026-04-03"}},
		{"contacts of the night before", before["contacts"], []string{"2026-03-29 promise|agreed|750.0000|promised for 2026-04-03"}},
		{"own actions in force", tonight["actions"], []string{"PREPAY|Li, until 2026-12-31|100.0000|cash first"}},
		{"own actions of the night before", before["actions"], []string{"PREPAY|Li, until 2026-12-31|100.0000|cash first", "SECURE|Li, until 2026-03-30||over since", "FREEZE|Li||released"}},
		{"contract findings, that of tonight alone", tonight["findings"], []string{"contract ends soon|REVIEW|170.0000|S1 · contract K70 · ends soon · sales, due 2026-04-11"}},
		{"score", tonight["score"][:2], []string{"probability of default within 12 months|6 %||", "grade|B||"}},
		{"exposure foots", tonight["exposure"], []string{"open invoices||70010.0000|", "open orders that count||5.0000|", "cash not yet applied||0.0000|", "exposure before cover||70015.0000|", "covered by securities and insurers||-15.0000|", "exposure at default||70000.0000|"}},
		{"recommended limit", tonight["limit"][3], "recommended limit|70000 CNY|70000.0000|"},
		{"what does not match of another", of("C40", "2026-03-31")["reconciliation"], []string{"unapplied cash P40|-40 CNY, 70 d|-40.0000|leaves 40"}},
		{"nobody", of("NOBODY", "2026-03-31"), map[string][]string{}},
		{"a night that is not published", of("C70", "2026-03-29"), map[string][]string{}},
	} {
		if diff := cmp.Diff(x.want, x.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.what, diff)
		}
	}
}

func creditFile(base string) CreditFile {
	f := CreditFile{AsOf: night().AsOf, CustomerID: "C00017", Company: "北辰", Currency: "CNY", Items: []FileItem{
		{"identity", 1, "name", "名称", "华东精密仪器(苏州)有限公司", nil, "", "", "customers"},
		{"score", 1, "probability of default within 12 months", "12 个月违约概率", "14.2 %", nil, "90 % interval 9.1 % to 20 %", "90 % 区间 9.1 % 至 20 %", "score_history"},
		{"limit", 1, "advice", "建议", "cut", nil, "cut the limit", "立即下调额度", "limits"}, {"limit", 17, "recommended limit", "建议额度", "300000 CNY", m(yuan(300_000)), "", "", "limits"},
		{"warnings", 1, "S4 W2-16 payments returned", "S4 W2-16 付款被退回", "HOLD PREPAY", nil, "since 2026-03-31", "自 2026-03-31", "warnings"},
	}}
	for _, a := range attacks(base) {
		f.Items = append(f.Items, FileItem{"news", 1, a, a, a, nil, a, a, a}, FileItem{a, 1, a, a, a, m(yuan(1)), a, a, "news_events"})
	}
	return f
}

func TestCreditFilePage(t *testing.T) {
	for lang, want := range map[Lang][]string{
		English: {"<title>Credit file C00017 2026-03-31</title>", "cut at once", "hold shipments, cash in advance", "300,000", "Nothing is known or open under:"},
		Chinese: {"<title>客户信用档案 C00017 2026-03-31</title>", "立即下调", "暂停发货、预付货款", "300,000", "以下各项无记录："},
	} {
		var b bytes.Buffer
		if err := WriteFile(&b, creditFile("http://127.0.0.1:9/"), lang); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: page lacks %q", lang, w)
			}
		}
		for _, bad := range []string{"<script", "<img", "<iframe", "<link", "<use", "href=\"", "\u202e", "\u2066", "\x00", "\x1b", strings.Repeat("长", 500), "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: page has %q", lang, bad)
			}
		}
	}
	if err := WriteFile(&bytes.Buffer{}, CreditFile{}, "fr"); err == nil || !strings.Contains(err.Error(), `"fr"`) {
		t.Errorf("fr: %v", err)
	}
}
