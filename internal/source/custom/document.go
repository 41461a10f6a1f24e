package custom

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"clew/internal/yamlfile"
)

// document is the YAML of a source. docs/guide/custom-sources.md explains each member.
type document struct {
	Name      string         `yaml:"name"`
	Title     string         `yaml:"title"`
	About     string         `yaml:"about"` // for people: service, limits, who sees the query
	Accepts   []string       `yaml:"accepts"`
	Answers   []string       `yaml:"answers"`
	PAP       string         `yaml:"pap"`
	Pace      string         `yaml:"pace"`
	AtOnce    int            `yaml:"at-once"`
	Quotas    []quotaSpec    `yaml:"quotas"`
	Cost      int            `yaml:"cost"`
	Credits   int            `yaml:"credits"`
	Fresh     string         `yaml:"fresh"`
	Key       *keySpec       `yaml:"key"`
	Define    string         `yaml:"define"`
	States    []stateSpec    `yaml:"states"`
	Endpoints []endpointSpec `yaml:"endpoints"`

	file *ast.File
}

type keySpec struct {
	Env       string `yaml:"env"`
	Header    string `yaml:"header"`
	Scheme    string `yaml:"scheme"`
	Parameter string `yaml:"parameter"`
	Host      string `yaml:"host"`
	Optional  bool   `yaml:"optional"`
}

type quotaSpec struct {
	Requests int    `yaml:"requests"`
	Per      string `yaml:"per"`
	Key      *bool  `yaml:"key"`
}

type stateSpec struct {
	Status  []int  `yaml:"status"`
	Matches string `yaml:"matches"`
	When    string `yaml:"when"`
	Is      string `yaml:"is"`
	Reason  string `yaml:"reason"`
}

type endpointSpec struct {
	Name    string            `yaml:"name"`
	Accepts []string          `yaml:"accepts"`
	Value   string            `yaml:"value"`
	URL     string            `yaml:"url"`
	Method  string            `yaml:"method"`
	Header  map[string]string `yaml:"header"`
	JSON    any               `yaml:"json"`
	Form    map[string]string `yaml:"form"`
	Reply   string            `yaml:"reply"`
	Rows    string            `yaml:"rows"`
	Map     string            `yaml:"map"`
	Whole   string            `yaml:"whole"`
	Next    *nextSpec         `yaml:"next"`
	Pages   int               `yaml:"pages"`
}

type nextSpec struct {
	By    string `yaml:"by"`
	From  string `yaml:"from"`
	First *int   `yaml:"first"`
	Size  int    `yaml:"size"`
	More  string `yaml:"more"`
}

// parse reads the YAML, and keeps it for the places of what is wrong with it.
func parse(text []byte) (*document, error) {
	d := &document{}
	if err := yamlfile.Parse(text, d); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	d.file = file // only now: of an empty file the library makes an empty document
	return d, nil
}

// at puts the line of a member before an error; offset counts lines inside a
// block of text that starts below the member's own line.
func (d *document) at(member string, err error) error {
	if err == nil {
		return nil
	}
	node := d.node(member)
	if node == nil {
		return err
	}
	line := node.GetToken().Position.Line
	var inside *programError
	if _, block := node.(*ast.LiteralNode); block && errors.As(err, &inside) {
		line += inside.line
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// node returns what stands at a path such as $.endpoints[0].map, nil when
// nothing does.
func (d *document) node(member string) ast.Node {
	path, err := yaml.PathString(member)
	if err != nil {
		return nil
	}
	node, err := path.FilterFile(d.file)
	if err != nil || node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return nil
	}
	return node
}
