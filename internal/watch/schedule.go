package watch

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	_ "time/tzdata" // schedules name zones, also on machines that have none

	"github.com/robfig/cron/v3"
)

// A Schedule says when a watch is run. Watches that are due at the same minute are
// spread, each by an amount of its own.
type Schedule struct {
	every time.Duration // 0 where times are those of the clock
	at    cron.Schedule
}

// Bounds of schedules.
const (
	leastEvery    = 10 * time.Minute // answers are fresh for longer
	mostEvery     = 366 * 24 * time.Hour
	spreadOfEvery = 10               // part of the interval
	mostSpread    = 30 * time.Minute // of an interval
	clockSpread   = 5 * time.Minute  // of a time of day: whoever says 07:00 means about then
)

// ParseSchedule reads "every 6h", "daily 07:00 ZONE" or "cron M H DOM MON DOW ZONE".
// A zone is a name of the IANA database, such as UTC or Europe/Berlin, and has to be
// there: servers of a team stand in several.
func ParseSchedule(text string) (Schedule, error) {
	wrong := func(what string) (Schedule, error) {
		return Schedule{}, fmt.Errorf("%w %.80q: %s: write every 6h, daily 07:00 Europe/Berlin, or cron 0 7 * * 1-5 UTC", ErrSchedule, text, what)
	}
	fields := strings.Fields(text)
	if len(fields) == 0 || len(text) > 200 {
		return wrong("empty, or too long")
	}
	switch {
	case fields[0] == "every" && len(fields) == 2:
		d, err := time.ParseDuration(fields[1])
		if err != nil || d < leastEvery || d > mostEvery {
			return wrong(fmt.Sprintf("an interval is %s to 366 days", leastEvery))
		}
		return Schedule{every: d}, nil
	case fields[0] == "daily" && len(fields) == 3:
		at, err := time.Parse("15:04", fields[1])
		if err != nil {
			return wrong("a time of day is written 07:00")
		}
		return ofCron(fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour()), fields[2], wrong)
	case fields[0] == "cron" && len(fields) == 7:
		return ofCron(strings.Join(fields[1:6], " "), fields[6], wrong)
	}
	return wrong("not understood, or its zone is missing")
}

func ofCron(spec, zone string, wrong func(string) (Schedule, error)) (Schedule, error) {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return wrong("the zone is unknown")
	}
	at, err := cron.ParseStandard("CRON_TZ=" + zone + " " + spec)
	if err != nil {
		return wrong("its times cannot be read")
	}
	if at.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return wrong("it is never due") // the 30th of February
	}
	return Schedule{at: at}, nil
}

// Next returns when a watch is due after now.
func (s Schedule) Next(now time.Time, id string) time.Time {
	if s.every > 0 {
		// On a grid of its own, so that runs do not drift by how long they take.
		shift := spread(id, min(s.every/spreadOfEvery, mostSpread))
		return now.Add(-shift).UTC().Truncate(s.every).Add(s.every + shift)
	}
	shift := spread(id, clockSpread)
	next := s.at.Next(now.Add(-shift))
	if next.IsZero() {
		next = now.Add(mostEvery)
	}
	return next.Add(shift).UTC()
}

// spread is an amount below most that is always the same for an ID.
func spread(id string, most time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	return (time.Duration(h.Sum64()%uint64(most/time.Second)) * time.Second)
}
