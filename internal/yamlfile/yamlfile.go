// Package yamlfile reads the YAML files that people write for clew: sources,
// mappings, policies, rules. They are small, and may be somebody else's.
package yamlfile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// MaxBytes bounds a file where nothing else is said.
const MaxBytes = 1 << 20

// Open returns the text of a file of at most MaxBytes.
func Open(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read only
	return Read(file, MaxBytes)
}

// Read returns a text of at most so many bytes.
func Read(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("larger than %d bytes", most)
	}
	return text, err
}

// Parse decodes a text. Words it does not know are errors, and so are anchors
// and aliases: a few bytes of them grow to gigabytes. An error is one line, and
// names the line of the text where that is known.
func Parse(text []byte, into any) (err error) {
	// The library promises no errors by panic, and it is fed files from anywhere.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not understood as YAML: %.200v", r)
		}
	}()
	if err := checkTokens(lexer.Tokenize(string(text))); err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		return placed(err)
	}
	return nil
}

// maxNested bounds brackets inside brackets, and dashes on one line: the library
// takes time with the square of them.
const maxNested = 50

// checkTokens refuses what costs more to read than it can mean.
func checkTokens(tokens token.Tokens) error {
	nested, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			dashes, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.AnchorType, token.AliasType:
			return fmt.Errorf("line %d: anchors and aliases are not read: write it out", line)
		case token.SequenceStartType, token.MappingStartType:
			nested++
		case token.SequenceEndType, token.MappingEndType:
			nested--
		case token.SequenceEntryType:
			dashes++
		}
		if max(nested, dashes) > maxNested {
			return fmt.Errorf("line %d: more than %d lists inside each other", line, maxNested)
		}
	}
	return nil
}

// placed writes an error of the library as one line, with its place in front.
func placed(err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return fmt.Errorf("line %d: %s", at.GetToken().Position.Line, at.GetMessage())
	}
	return fmt.Errorf("not understood as YAML: %s", yaml.FormatError(err, false, false))
}
