// Package escalation says when a case is to be told to somebody at once: rules
// over the case, each an expression of jq, with what to do first. A trigger
// fires once for a value; what was escalated before is not again, unless the rule
// says that further machines are news.
package escalation

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	_ "embed" // the playbook's triggers

	"github.com/itchyny/gojq"

	"clew/internal/casefile"
	"clew/internal/yamlfile"
)

// DefaultText are the rules that ship with clew, as a file.
//
//go:embed default.yaml
var DefaultText []byte

// ErrRules means that a file of rules cannot be used; the message says where.
var ErrRules = errors.New("escalation rules")

// maxRules bounds a file.
const maxRules = 100

// Rules are a file of triggers, compiled.
type Rules struct{ list []rule }

type rule struct {
	Name     string   `yaml:"name"`
	About    []string `yaml:"about"`
	When     string   `yaml:"when"`
	Severity string   `yaml:"severity"`
	Because  string   `yaml:"because"`
	First    []string `yaml:"first"`
	Again    string   `yaml:"again"` // "" or againMachines
	code     *gojq.Code
}

// againMachines fires a trigger anew for a value that is seen on machines that no
// earlier escalation of it named.
const againMachines = "machines"

// Severities from the mildest.
func Severities() []string { return []string{"low", "medium", "high", "critical"} }

// AtLeast reports whether one severity is another or worse.
func AtLeast(severity, least string) bool {
	return slices.Index(Severities(), severity) >= slices.Index(Severities(), least)
}

// Default returns the playbook's triggers.
func Default() (Rules, error) { return Parse(DefaultText) }

// Read reads a file of rules.
func Read(path string) (Rules, error) {
	text, err := yamlfile.Open(path)
	if err != nil {
		return Rules{}, fmt.Errorf("%w: %w", ErrRules, err)
	}
	rules, err := Parse(text)
	if err != nil {
		return rules, fmt.Errorf("%s: %w", path, err)
	}
	return rules, nil
}

// Parse reads, checks and compiles the text of a file.
func Parse(text []byte) (Rules, error) {
	var file struct {
		Rules []rule `yaml:"rules"`
	}
	if err := yamlfile.Parse(text, &file); err != nil {
		return Rules{}, fmt.Errorf("%w: %w", ErrRules, err)
	}
	if len(file.Rules) == 0 || len(file.Rules) > maxRules {
		return Rules{}, fmt.Errorf("%w: %d rules: write at least one, at most %d", ErrRules, len(file.Rules), maxRules)
	}
	seen := map[string]bool{}
	for i := range file.Rules {
		r := &file.Rules[i]
		err := r.compile()
		if err == nil && seen[r.Name] {
			err = errors.New("there are two of that name")
		}
		if err != nil {
			return Rules{}, fmt.Errorf("%w: rule %d %s: %w", ErrRules, i+1, casefile.Printable(r.Name), err)
		}
		seen[r.Name] = true
	}
	return Rules{file.Rules}, nil
}

var triggerName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

func (r *rule) compile() error {
	switch {
	case !triggerName.MatchString(r.Name):
		return errors.New("name: use small letters, digits and -")
	case !slices.Contains(Severities(), r.Severity):
		return fmt.Errorf("severity: %q is none of %s", casefile.Printable(r.Severity), strings.Join(Severities(), ", "))
	case strings.TrimSpace(r.Because) == "" || len(r.First) == 0:
		return errors.New("because and first: say why, and what to do first")
	case r.Again != "" && r.Again != againMachines:
		return fmt.Errorf("again: %q is not %s", casefile.Printable(r.Again), againMachines)
	case len(r.About) == 0:
		return errors.New("about: finding, seed, or both")
	}
	for _, about := range r.About {
		if about != aboutFinding && about != aboutSeed {
			return fmt.Errorf("about: %q is neither finding nor seed", casefile.Printable(about))
		}
	}
	query, err := gojq.Parse(r.When)
	if err != nil {
		return fmt.Errorf("when: %w", err)
	}
	// No environment loader and no module loader: an expression sees its input only.
	r.code, err = gojq.Compile(query, gojq.WithVariables([]string{"$case"}))
	if err != nil {
		return fmt.Errorf("when: %w", err)
	}
	return nil
}
