package replay_test

import (
	"errors"
	"testing"

	"clew/internal/source"
	"clew/internal/source/replay"
)

func TestDNSQuestions(t *testing.T) {
	recorded := open(
		t,
		replay.Row{File: "txt", Method: "DNS", URL: "TXT Origin.test"},
		replay.Row{File: "one", URL: "https://dns.google/resolve?name=shop.example&type=A"},
		replay.Row{File: "all", URL: "https://dns.google/resolve?name=shop.example&type=ALL"},
	)
	for question, want := range map[[2]string]string{
		{"origin.test", "TXT"}:   "txt",
		{"shop.example", "A"}:    "one",
		{"shop.example", "MX"}:   "all", // recorded for all types at once
		{"origin.test", "A"}:     "",
		{"other.example", "TXT"}: "",
	} {
		reply, err := recorded.Ask(t.Context(), source.DNSRequest(question[0], question[1]))
		if string(reply.Body) != want || (want == "") != errors.Is(err, source.ErrNotRecorded) {
			t.Errorf("%v: answered %q (%v), want %q", question, reply.Body, err, want)
		}
	}
}
