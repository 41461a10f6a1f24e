// Package navigator writes a layer for MITRE's ATT&CK Navigator (layer format 4.5).
package navigator

import (
	"fmt"
	"io"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Format is the layer.
func Format() export.Format {
	return export.Format{
		Name: "navigator", Title: "ATT&CK Navigator layer", Use: export.Draw, File: "clew-layer.json", Kinds: []observable.Kind{observable.Technique}, Patterns: true,
		Doc:   "the techniques of the case, scored by how many of its indicators show them",
		Proof: "read back; its form is that of the layer specification",
		Write: write,
	}
}

type layer struct {
	Name        string            `json:"name"`
	Versions    map[string]string `json:"versions"`
	Domain      string            `json:"domain"`
	Description string            `json:"description"`
	Techniques  []technique       `json:"techniques"`
	Gradient    gradient          `json:"gradient"`
}

type technique struct {
	ID      string `json:"techniqueID"`
	Score   int    `json:"score"`
	Comment string `json:"comment"`
	Enabled bool   `json:"enabled"`
}

type gradient struct {
	Colors []string `json:"colors"`
	Min    int      `json:"minValue"`
	Max    int      `json:"maxValue"`
}

func write(w io.Writer, s export.Set) error {
	l := layer{
		Name: "clew " + s.CaseIDs(), Versions: map[string]string{"layer": "4.5", "navigator": "5.1.0"}, Domain: "enterprise-attack",
		Description: "TLP:" + string(s.TLP), Techniques: []technique{}, Gradient: gradient{Colors: []string{"#ffffff", "#66b1ff"}, Max: 1},
	}
	for _, p := range s.PatternsOf(observation.Technique) {
		l.Techniques = append(l.Techniques, technique{
			p.Value.Text(), len(p.Members), fmt.Sprintf("shown by %s; case=%s", export.Plural(len(p.Members), "indicator", "indicators"), strings.Join(p.Cases, ",")), true,
		})
		l.Gradient.Max = max(l.Gradient.Max, len(p.Members))
	}
	for _, e := range s.Entries {
		if !has(l.Techniques, e.Value.Text()) {
			l.Techniques = append(l.Techniques, technique{e.Value.Text(), 1, e.Trace(), true})
		}
	}
	return export.WriteJSON(w, l)
}

func has(list []technique, id string) bool {
	for _, t := range list {
		if t.ID == id {
			return true
		}
	}
	return false
}
