package dnsdb_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/dnsdb"
	"clew/internal/observation"
)

func read(input string) ([]observation.Observation, ingest.Summary, error) {
	var facts []observation.Observation
	s, err := ingest.Import{Format: dnsdb.Format{}, Source: "test"}.Run(context.Background(), strings.NewReader(input), func(o observation.Observation) error {
		facts = append(facts, o)
		return nil
	})
	return facts, s, err
}

const (
	object = `{"count":41,"time_first":1700000000,"time_last":1700086400,"rrname":"evil.example.","rrtype":"A","bailiwick":"example.","rdata":["192.0.2.7"]}`
	begin  = `{"cond":"begin"}` + "\n"
	end    = `{"cond":"succeeded"}` + "\n"
)

func TestAnswers(t *testing.T) {
	tests := map[string]struct {
		input      string
		kept       uint64
		incomplete string
		cut        bool
	}{
		"version_1_is_bare":                {object + "\n" + object + "\n", 2, "", false},
		"version_2_is_framed":              {begin + `{"obj":` + object + "}\n" + end, 1, "", false},
		"ongoing_frames_carry_objects":     {begin + `{"cond":"ongoing","obj":` + object + "}\n" + end, 1, "", false},
		"the_last_frame_may_carry_one":     {begin + `{"cond":"succeeded","obj":` + object + "}\n", 1, "", false},
		"empty_answer":                     {begin + end, 0, "", false},
		"two_answers_in_one_file":          {begin + `{"obj":` + object + "}\n" + end + begin + `{"obj":` + object + "}\n" + end, 2, "", false},
		"limited_is_kept_and_incomplete":   {begin + `{"obj":` + object + "}\n" + `{"cond":"limited","msg":"Query limit reached"}` + "\n", 1, "Query limit reached", false},
		"failed_is_kept_and_incomplete":    {begin + `{"obj":` + object + "}\n" + `{"cond":"failed","msg":"Processing timeout"}` + "\n", 1, "Processing timeout", false},
		"no_last_frame_is_a_cut":           {begin + `{"obj":` + object + "}\n", 1, "", true},
		"no_frame_but_the_first_is_a_cut":  {begin, 0, "", true},
		"objects_without_begin_and_no_end": {`{"obj":` + object + "}\n", 1, "", true},
		"half_a_frame_is_a_cut":            {begin + `{"obj":` + object + "}\n" + `{"obj":{"count":4`, 1, "", true},
		"size_of_an_answer":                {`{"count":11710,"num_results":256,"time_first":1575137190,"time_last":1584569228}` + "\n", 0, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			facts, s, err := read(tt.input)
			if errors.Is(err, ingest.ErrCut) != tt.cut || (err != nil) != tt.cut {
				t.Fatalf("error %v, want a cut: %v", err, tt.cut)
			}
			if s.Kept != tt.kept || uint64(len(facts)) != tt.kept || !strings.Contains(s.Incomplete, tt.incomplete) || (s.Incomplete == "") != (tt.incomplete == "") {
				t.Errorf("%+v, want %d kept, incomplete %q", s, tt.kept, tt.incomplete)
			}
			for _, o := range facts {
				if o.Subject.Text() != "evil.example" || o.Relation != observation.ResolvesTo || o.Count != 41 {
					t.Errorf("fact %+v", o)
				}
			}
		})
	}
}

func TestUnknownFrameIsRefused(t *testing.T) {
	_, s, err := read(begin + `{"cond":"perhaps","obj":` + object + "}\n" + `{"obj":` + object + "}\n" + end)
	if err != nil || s.Kept != 1 || s.Rejected != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestMessagesFromOutsideArePrintable(t *testing.T) {
	_, s, err := read(begin + `{"cond":"limited","msg":"a\u001b[31mb"}` + "\n")
	if err != nil || strings.ContainsRune(s.Incomplete, '\x1b') {
		t.Errorf("%q, %v", s.Incomplete, err)
	}
}

func TestLikely(t *testing.T) {
	for head, want := range map[string]bool{
		begin + `{"obj":`:          true,
		`{"obj":` + object + "}\n": true,
		object:                     false, // what COF reads as well
		`{"domain":"a.example"}`:   false,
		"":                         false,
	} {
		if got := (dnsdb.Format{}).Likely([]byte(head)); got != want {
			t.Errorf("Likely(%.40q) = %v", head, got)
		}
	}
}

func FuzzDNSDB(f *testing.F) {
	f.Add(begin + `{"obj":` + object + "}\n" + end)
	f.Add(object)
	f.Add(`{"cond":"limited","msg":1}`)
	f.Fuzz(func(t *testing.T, input string) {
		facts, _, _ := read(input)
		for _, o := range facts {
			if err := o.Check(); err != nil {
				t.Errorf("%+v: %v", o, err)
			}
		}
	})
}
