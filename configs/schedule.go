package configs

import (
	"fmt"
	"slices"
	"time"

	"creditwatch/pipeline/asof"
)

// Schedule says when nights run, and what is done when they do not.
type Schedule struct {
	Cron          string        `yaml:"cron"`            // five fields, in time_zone
	Days          string        `yaml:"days"`            // which dates are business dates: every, business
	Holidays      []asof.Date   `yaml:"holidays"`        // dates that have no night
	Workdays      []asof.Date   `yaml:"workdays"`        // dates that have one all the same
	CatchUp       string        `yaml:"catch_up"`        // nights missed while nothing ran: all, latest, none
	CatchUpNights int           `yaml:"catch_up_nights"` // of all at most so many of the newest
	Retries       int           `yaml:"retries"`         // of a night that failed
	RetryAfter    time.Duration `yaml:"retry_after"`     // the first time; then twice as long, and so on
	StageTimeout  time.Duration `yaml:"stage_timeout"`   // of one attempt at a stage; 0: none
	Lease         time.Duration `yaml:"lease"`           // without a sign of life from another process after which its date is taken over; 0: never
	Deadline      string        `yaml:"deadline"`        // after the due time: auto, off, or a duration
	Retention     string        `yaml:"retention"`       // when old rows are removed: five fields, in time_zone; or off
	Intraday      time.Duration `yaml:"intraday"`        // pause between judgements of the running day; 0: none

	DeadlineAfter time.Duration `yaml:"-"` // Deadline where it is a duration
}

// What Deadline may be beside a duration.
const (
	DeadlineAuto = "auto" // twice what the slowest of the last 28 nights took, at least half an hour
	DeadlineOff  = "off"
)

// RetentionOff is what Retention may be beside a cron line.
const RetentionOff = "off"

// check reads what is written as text and names every mistake.
func (s *Schedule) check(bad func(key, want string, got any)) {
	if !slices.Contains([]string{"every", "business"}, s.Days) {
		bad("schedule.days", "must be every or business", fmt.Sprintf("%q", s.Days))
	}
	for _, d := range s.Holidays {
		if slices.Contains(s.Workdays, d) {
			bad("schedule.workdays", "must not name a holiday", d)
		}
	}
	if !slices.Contains([]string{"all", "latest", "none"}, s.CatchUp) {
		bad("schedule.catch_up", "must be all, latest or none", fmt.Sprintf("%q", s.CatchUp))
	}
	if s.CatchUpNights < 1 || s.CatchUpNights > 366 {
		bad("schedule.catch_up_nights", "must be from 1 to 366", s.CatchUpNights)
	}
	if s.Retries < 0 || s.Retries > 20 {
		bad("schedule.retries", "must be from 0 to 20", s.Retries)
	}
	for _, d := range []struct {
		key   string
		least time.Duration
		got   time.Duration
		zero  bool
	}{{"retry_after", time.Second, s.RetryAfter, false}, {"stage_timeout", time.Second, s.StageTimeout, true}, {"lease", time.Minute, s.Lease, true}, {"intraday", time.Minute, s.Intraday, true}} {
		if d.got == 0 && d.zero {
			continue
		}
		if d.got < d.least || d.got > 7*24*time.Hour {
			bad("schedule."+d.key, fmt.Sprintf("must be a duration such as 10m, from %s to a week", d.least), d.got)
		}
	}
	s.DeadlineAfter = 0
	if s.Deadline != DeadlineAuto && s.Deadline != DeadlineOff {
		after, err := time.ParseDuration(s.Deadline)
		if err != nil || after < time.Minute {
			bad("schedule.deadline", "must be auto, off or a duration of a minute or more, such as 4h", fmt.Sprintf("%q", s.Deadline))
		}
		s.DeadlineAfter = after
	}
}
