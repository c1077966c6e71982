package sources

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// monthNames are months as feeds write them, by their beginnings: English, German, French, Spanish, Portuguese, Italian,
// Dutch, Russian. The longest beginning that fits wins.
var monthNames = map[string]int{
	"jan": 1, "ene": 1, "gen": 1, "янв": 1,
	"feb": 2, "fev": 2, "fév": 2, "фев": 2,
	"mar": 3, "mär": 3, "mae": 3, "maa": 3, "mrt": 3, "мар": 3,
	"apr": 4, "avr": 4, "abr": 4, "апр": 4,
	"may": 5, "mai": 5, "mag": 5, "mei": 5, "май": 5, "мая": 5,
	"jun": 6, "juin": 6, "giu": 6, "июн": 6,
	"jul": 7, "juil": 7, "lug": 7, "июл": 7,
	"aug": 8, "aou": 8, "aoû": 8, "ago": 8, "авг": 8,
	"sep": 9, "set": 9, "сен": 9,
	"oct": 10, "okt": 10, "out": 10, "ott": 10, "окт": 10,
	"nov": 11, "ноя": 11,
	"dec": 12, "déc": 12, "dez": 12, "dic": 12, "дек": 12,
}

// zoneHours are the zone names of RFC 822, in hours east of Greenwich.
var zoneHours = map[string]int{
	"UT": 0, "UTC": 0, "GMT": 0, "Z": 0,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"CET": 1, "CEST": 2, "BST": 1, "MSK": 3, "JST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11,
}

var (
	isoDate = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T,\s]*(\d{1,2})[:时](\d{2})(?:[:分](\d{2})秒?(?:[.,]\d+)?|分)?)?\s*(.*)$`)
	rfcDate = regexp.MustCompile(`^(?:\pL+\.?,?\s+)?(\d{1,2})\.?[\s-]+(?:de\s+)?(\pL+)\.?,?[\s-]+(?:de\s+)?(\d{4}|\d{2}),?(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(.*)$`)
	usDate  = regexp.MustCompile(`^(?:\pL+\.?,?\s+)?(\pL+)\.?\s+(\d{1,2}),?\s+(?:(\d{4})),?(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(.*)$`)
	cDate   = regexp.MustCompile(`^\pL{3}\s+(\pL{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(\S+\s+)?(\d{4})$`)
	offset  = regexp.MustCompile(`^([+-])(\d{2}):?(\d{2})`)
	epoch   = regexp.MustCompile(`^[1-9]\d{9}(\d{3})?$`)
)

// readTime reads a date of a feed. One without a zone is of the given zone, as is one whose zone bears the name that the given
// zone has at that time: in Shanghai CST is the time of China. The zero time means that it cannot be read; what lies before
// feeds, as the day zero of clocks that feeds write for a missing date, counts as that too.
func readTime(s string, zone *time.Location) time.Time {
	s = strings.Join(strings.Fields(s), " ")
	if epoch.MatchString(s) {
		n, err := strconv.ParseInt(s[:10], 10, 64)
		if err != nil {
			return time.Time{}
		}
		return time.Unix(n, 0).UTC()
	}
	if m := isoDate.FindStringSubmatch(s); m != nil {
		return dateOf(m[1], m[2], m[3], m[4], m[5], m[6], m[7], zone)
	}
	if m := rfcDate.FindStringSubmatch(s); m != nil {
		return dateOf(m[3], month(m[2]), m[1], m[4], m[5], m[6], m[7], zone)
	}
	if m := usDate.FindStringSubmatch(s); m != nil {
		return dateOf(m[3], month(m[1]), m[2], m[4], m[5], m[6], m[7], zone)
	}
	if m := cDate.FindStringSubmatch(s); m != nil {
		return dateOf(m[7], month(m[1]), m[2], m[3], m[4], m[5], strings.TrimSpace(m[6]), zone)
	}
	return time.Time{}
}

func month(name string) string {
	r := []rune(strings.ToLower(name))
	for n := min(4, len(r)); n >= 3; n-- {
		if m, ok := monthNames[string(r[:n])]; ok {
			return strconv.Itoa(m)
		}
	}
	return ""
}

func dateOf(year, month, day, hour, minute, second, tail string, zone *time.Location) time.Time {
	var n [6]int
	for i, s := range []string{year, month, day, hour, minute, second} {
		if s == "" && i > 2 {
			continue
		}
		v, err := strconv.Atoi(s)
		if err != nil {
			return time.Time{}
		}
		n[i] = v
	}
	if len(year) == 2 {
		n[0] += 2000
		if n[0] >= 2070 {
			n[0] -= 100
		}
	}
	if n[0] < 1990 || n[0] > 2148 || n[3] > 23 || n[4] > 59 || n[5] > 60 {
		return time.Time{}
	}
	at := func(l *time.Location) time.Time {
		return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, l)
	}
	local := at(zone)
	if local.Month() != time.Month(n[1]) || local.Day() != n[2] && n[3] > 2 {
		return time.Time{} // no such day
	}
	tail = strings.TrimSpace(tail)
	if m := offset.FindStringSubmatch(tail); m != nil {
		h, _ := strconv.Atoi(m[2])
		mm, _ := strconv.Atoi(m[3])
		seconds := h*3600 + mm*60
		if m[1] == "-" {
			seconds = -seconds
		}
		return at(time.FixedZone("", seconds)).UTC()
	}
	abbreviation, _, _ := strings.Cut(strings.ToUpper(tail), " ")
	if name, _ := local.Zone(); abbreviation == "" || strings.EqualFold(abbreviation, name) {
		return local.UTC()
	}
	if h, ok := zoneHours[abbreviation]; ok {
		return at(time.FixedZone("", h*3600)).UTC()
	}
	return local.UTC()
}
