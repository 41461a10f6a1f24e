package all_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/source"
	"clew/internal/source/all"
	"clew/internal/source/sourcetest"
)

// The part of a page between these lines is written from the code.
const (
	generatedFrom = "<!-- from the code: go test ./internal/source/all -run Docs -update -->\n"
	generatedTo   = "<!-- to here -->\n"
)

func TestDocsSayWhatTheCodeDoes(t *testing.T) {
	for _, s := range all.Sources() {
		path := filepath.Join("..", "..", "..", "docs", "sources", s.Info().Name+".md")
		page := string(readFile(t, path))
		before, rest, begun := strings.Cut(page, generatedFrom)
		_, after, ended := strings.Cut(rest, generatedTo)
		if !begun || !ended {
			t.Errorf("%s has no generated part: put in\n%s%s", path, generatedFrom, generatedTo)
			continue
		}
		want := before + generatedFrom + generated(t, s) + generatedTo + after
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, page); diff != "" {
			t.Errorf("%s is out of date; run: go test ./internal/source/all -run Docs -update\n%s", path, diff)
		}
	}
}

// generated describes a connector from its Info and from what it sends.
func generated(t *testing.T, s source.Source) string {
	info := s.Info()
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "| %s | %s |\n", name, value) }
	b.WriteString("| | |\n|---|---|\n")
	row("asked about", names(info.Accepts))
	row("can say", names(info.Answers))
	row("a lookup needs", "PAP:"+info.PAP.String())
	row("key", key(info))
	if info.Retired == "" {
		row("pace", pace(info.Every))
		row("limits", limits(info))
	} else {
		row("live", "never: "+info.Retired)
	}
	row("requests a question", fmt.Sprintf("at least %d", info.Cost))
	b.WriteString("\nWhat is sent, for sample values, as far as it does not hang on an answer:\n\n```\n")
	for _, kind := range info.Accepts {
		fmt.Fprintf(&b, "%s\n", kind)
		for _, request := range sourcetest.Requests(t, s, kind) {
			fmt.Fprintf(&b, "  %s\n", request)
		}
	}
	b.WriteString("```\n")
	return b.String()
}

func names[T fmt.Stringer](list []T) string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = v.String()
	}
	return strings.Join(all, ", ")
}

func key(info source.Info) string {
	switch {
	case info.KeyEnv == "":
		return "none"
	case info.Keyless:
		return fmt.Sprintf("`%s`, optional; sent to %s only", info.KeyEnv, info.KeyHost)
	}
	return fmt.Sprintf("`%s`; sent to %s only", info.KeyEnv, info.KeyHost)
}

func pace(every time.Duration) string {
	if every == 0 {
		return "as its limits allow"
	}
	return "one request in " + every.String()
}

func windowName(w source.Window) string {
	switch w {
	case source.Second:
		return "second"
	case source.Minute:
		return "minute"
	case source.Hour:
		return "hour"
	}
	return string(w)
}

// limits lists what is documented. What a reply announces corrects it.
func limits(info source.Info) string {
	var list []string
	for _, q := range info.Quotas {
		text := fmt.Sprintf("%d per %s", q.Requests, windowName(q.Per))
		if q.Endpoint != "" {
			text += " for " + q.Endpoint
		}
		switch q.Access {
		case source.WithKey:
			text += " with a key"
		case source.WithoutKey:
			text += " without a key"
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		list = append(list, "none documented")
	}
	if info.PerHost {
		list = append(list, "for each server asked")
	}
	return strings.Join(list, ", ")
}
