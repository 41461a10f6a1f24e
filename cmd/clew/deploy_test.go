package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The dashboard asks only for figures that the server gives.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "grafana", "clew.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Fatal(err, len(dashboard.Panels))
	}
	s := serverOf(t, servedApp(t))
	probe(t, s, "/api/v1/cases", serveToken) // histograms have no series before
	given := probe(t, s, "/metrics", serveToken).Body.String()
	name := regexp.MustCompile(`\b(?:clew|go|process)_[a-z_]+`)
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			for _, metric := range name.FindAllString(target.Expr, -1) {
				if !strings.Contains(given, "\n"+metric) {
					t.Errorf("the dashboard asks for %s, which there is not", metric)
				}
			}
		}
	}
}
