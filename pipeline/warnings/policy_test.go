package warnings

import (
	"errors"
	"strings"
	"testing"
)

func TestDefaultPolicyIsSound(t *testing.T) {
	if err := errors.Join(Default().Check()...); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesEveryMistake(t *testing.T) {
	p := catalogue()
	p.Version = ""
	p.CloseNights = 0
	p.CooldownDays = -1
	p.ResponseDays.S3 = 99
	p.Owners.S4, p.Owners.Fallback = "", ""
	p.LimitUse.Amber.Close = 0.9
	p.LimitUse.Amber.Nights, p.LimitUse.Amber.Of = 3, 2
	p.LimitUse.Red.Nights = 17
	p.PDTrigger.Red = Line{Open: 0.03, Close: 0.02}
	p.PDJump.Rise.Close = 0.01
	p.PayIndex.Fall.Close = -10
	p.Security.GuaranteeDays.Close = 30
	p.Overdue30.Close = 2
	p.News.Corroborated.Close = 0.6
	p.LossBudget.Open = null
	p.Shock.MinFirms = 0
	p.Materiality.ExposureShare = 1.5
	got := errors.Join(p.Check()...).Error()
	want := []string{
		`version: must be set, got ""`,
		"cooldown_days: must be from 0 to 365, got -1",
		"close_nights: must be from 1 to 16, got 0",
		"response_days.s3: must be from 0 to 60, got 99",
		`owners.s4: must be set, got ""`,
		`owners.fallback: must be set, got ""`,
		"W1-03.rise.close: must be below open (0.01), got 0.01",
		"W1-07.open: must be a number, got NaN",
		"W2-01.close: must be at or below open (1), got 2",
		"W2-05.fall.close: must be above open (-10), got -10",
		"W2-10.amber.close: must be below open (0.85), got 0.9",
		"W2-10.amber.of: must be from nights (3) to 16, got 2",
		"W2-10.red.nights: must be from 1 to 16, got 17",
		"W2-19.guarantee_days.close: must be above open (30), got 30",
		"news.corroborated.close: must be above 0 and at most half of open (1), since a story opens until its half-life, got 0.6",
		"materiality.exposure_share: must be from 0 to 1, got 1.5",
		"W3-14.min_firms: must be from 1 to 1e+06, got 0",
		"W1-01.red.open: must be at or above amber.open (0.05), got 0.03",
	}
	for _, w := range want {
		if !strings.Contains("\n"+got+"\n", "\n"+w+"\n") {
			t.Errorf("not said: %s", w)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != len(want) {
		t.Errorf("%d mistakes named, want %d:\n%s", n, len(want), got)
	}
}
