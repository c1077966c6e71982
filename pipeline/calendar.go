package pipeline

import (
	"context"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
)

// calendar returns how to count business days: by the company's calendar where it has the day, else Monday to Friday.
func (n *Night) calendar(ctx context.Context) (warnings.Calendar, error) {
	business := map[asof.Date]bool{}
	err := rows.Each(ctx, n, "calendar", sqlOf("calendar"), n.params(nil), func(r *rows.Row) error {
		business[r.Date("day")] = r.Is("is_business")
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(d asof.Date, count int) asof.Date {
		for count > 0 {
			d = d.Add(1)
			works, known := business[d]
			if !known {
				day := d.Time().Weekday()
				works = day != 0 && day != 6
			}
			if works {
				count--
			}
		}
		return d
	}, nil
}
