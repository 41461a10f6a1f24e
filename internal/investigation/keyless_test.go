package investigation

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
	"clew/internal/source/all"
	"clew/internal/source/replay"
)

// keylessNet answers like the network where only providers without a key are
// let through, from the recordings beside the repository.
type keylessNet struct {
	recordings *replay.Replay
	mu         sync.Mutex
	hosts      map[string]bool // guarded by mu
}

func (k *keylessNet) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	if u, err := url.Parse(r.URL); err == nil {
		k.mu.Lock()
		k.hosts[u.Host] = true
		k.mu.Unlock()
	}
	return k.recordings.Ask(ctx, r)
}

func TestWithoutAnyKeyTheKeylessSourcesStillTell(t *testing.T) {
	recordings, err := replay.Open(shared(t, "fixtures/sources"))
	if err != nil {
		t.Fatal(err)
	}
	w, req := recorded(t, &oracle{})
	w.Sources = all.Sources()
	net := &keylessNet{recordings: recordings, hosts: map[string]bool{}}
	req.Asker, req.Replay = net, false
	req.HasKey = func(source.Info) bool { return false }
	req.PAP = marking.Amber
	req.Seeds = []Seed{{Value: observable.Must(observable.Domain, "example.com"), Confidence: 100}}
	doc, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	answered := map[string]int{}
	for _, a := range doc.Asked {
		if a.State == string(source.Answered) || a.State == string(source.Truncated) {
			answered[a.Source] += a.Observations
		}
	}
	if answered["crtsh"] == 0 || answered["certspotter"] == 0 {
		t.Errorf("answered: %v, want certificates from crt.sh and Cert Spotter", answered)
	}
	if len(doc.Findings) == 0 || doc.Disclosures == 0 {
		t.Errorf("%d findings after %d disclosures: not useful, or not told of", len(doc.Findings), doc.Disclosures)
	}
	skipped := ""
	for _, g := range doc.Gaps {
		if g.Source == "virustotal" && g.State == string(source.Skipped) {
			skipped = g.Reason
		}
	}
	if !strings.Contains(skipped, "VIRUSTOTAL_API_KEY") {
		t.Errorf("virustotal is skipped because %q: want the name of its key", skipped)
	}
	for host := range net.hosts {
		if strings.Contains(host, "virustotal") || strings.Contains(host, "securitytrails") || strings.Contains(host, "shodan.io") && host != "internetdb.shodan.io" {
			t.Errorf("%s was asked without a key", host)
		}
	}
}

// noNet is a machine without a network.
type noNet struct{}

func (noNet) Ask(context.Context, source.Request) (source.Reply, error) {
	return source.Reply{}, errors.New("dial tcp: network is unreachable")
}

func TestWithoutANetworkItSaysSoAndWorksFromTheCorpus(t *testing.T) {
	w, req := recorded(t, &oracle{})
	known := []observation.Observation{}
	for _, name := range []string{"postalia-a.test", "postalia-b.test"} {
		known = append(known, observation.Observation{
			Subject: observable.Must(observable.Domain, name), Relation: observation.RegistrantEmail,
			Object: observable.Must(observable.Email, "someone@mailbox.test"), Count: 1, Source: "own data",
		})
	}
	if err := w.Corpus.Put(context.Background(), known); err != nil {
		t.Fatal(err)
	}
	req.Asker = noNet{}
	doc, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Case.State != casefile.StateComplete || len(doc.Gaps) == 0 {
		t.Fatalf("%s with %d gaps: want a whole run that names what is missing", doc.Case.State, len(doc.Gaps))
	}
	if g := doc.Gaps[0]; g.State != string(source.Failed) || !strings.Contains(g.Reason, "network is unreachable") {
		t.Errorf("gap %+v does not say that there is no network", g)
	}
	found := false
	for _, f := range doc.Findings {
		found = found || f.Value == "postalia-b.test"
	}
	if !found {
		t.Error("what the corpus knows is not among the findings")
	}
}
