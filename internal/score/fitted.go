package score

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// fitted.json is what `clew eval fit` made of labelled operators: numbers only,
// nothing of the operators themselves. docs/guide/confidence.md says how.
//
//go:embed models/fitted.json
var fittedJSON []byte

// Fitted returns the model that was fitted to labelled pairs. Types of value
// that no labelled pair shares keep the closed form.
func Fitted() Model {
	m, err := ReadModel(bytes.NewReader(fittedJSON))
	if err != nil {
		panic("score: the model built in is damaged: " + err.Error()) // a test reads it
	}
	return m
}

// maxModel bounds a model file, in bytes.
const maxModel = 1 << 20

// ReadModel reads a model that [Model.Write] wrote.
func ReadModel(r io.Reader) (Model, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxModel+1))
	if err != nil {
		return Model{}, fmt.Errorf("model: %w", err)
	}
	if len(data) > maxModel {
		return Model{}, fmt.Errorf("model: over %d bytes", maxModel)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var m Model
	if err := decoder.Decode(&m); err != nil {
		return Model{}, fmt.Errorf("model: %w", err)
	}
	return m, m.check()
}

// Write writes the model as JSON; the same model gives the same bytes.
func (m Model) Write(w io.Writer) error {
	if err := m.check(); err != nil {
		return err
	}
	encode := json.NewEncoder(w)
	encode.SetIndent("", " ")
	return encode.Encode(m)
}

func (m Model) check() error {
	switch {
	case m.Version == "" || len(m.Version) > 64:
		return errors.New("model: needs a version of at most 64 letters")
	case !(m.Siblings >= 1 && m.Siblings <= 1e6):
		return fmt.Errorf("model %s: %g siblings are outside 1 to a million", m.Version, m.Siblings)
	case !(m.A > 0 && m.A <= 2) || !(math.Abs(m.B) <= 20):
		return fmt.Errorf("model %s: calibration %g, %g is out of range", m.Version, m.A, m.B)
	case !(m.Hop >= 0 && m.Hop <= 1) || !(m.HopA > 0 && m.HopA <= 2) || !(math.Abs(m.HopB) <= 20):
		return fmt.Errorf("model %s: hop %g, %g, %g is out of range", m.Version, m.Hop, m.HopA, m.HopB)
	}
	for name, curve := range m.Curves {
		if err := curve.check(); err != nil {
			return fmt.Errorf("model %s: curve of %s: %w", m.Version, name, err)
		}
	}
	return nil
}
