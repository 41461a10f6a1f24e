// Package marking holds the two markings of a case: TLP says who may be told,
// PAP says how visible a lookup may be.
package marking

import (
	"fmt"
	"strings"
)

// PAP is the Permissible Actions Protocol level: how visible an action about an
// indicator may be. Source: MISP taxonomy "PAP".
//
// A source carries the level it *needs*; a case carries the level it *allows*.
// Levels grow with freedom, so an action is allowed when need <= allowed.
type PAP uint8

const (
	Red   PAP = iota + 1 // nothing leaves the team's own machines
	Amber                // third parties may learn of the lookup, the target may not
	Green                // the target's own servers may see a lookup
	Clear                // anything, uploads and publication included
)

var papNames = [...]string{Red: "RED", Amber: "AMBER", Green: "GREEN", Clear: "CLEAR"}

// String returns the level in upper case, as in PAP:AMBER.
func (p PAP) String() string {
	if p >= Red && p <= Clear {
		return papNames[p]
	}
	return "none"
}

// Allows reports whether a case at p permits an action that needs need.
func (p PAP) Allows(need PAP) bool { return need <= p }

// ParsePAP reads a level with or without its prefix, in any case; WHITE is CLEAR.
func ParsePAP(text string) (PAP, error) {
	switch level(text, "PAP:") {
	case "RED":
		return Red, nil
	case "AMBER":
		return Amber, nil
	case "GREEN":
		return Green, nil
	case "CLEAR", "WHITE":
		return Clear, nil
	}
	return 0, fmt.Errorf("%q is no PAP level: use RED, AMBER, GREEN or CLEAR", text)
}

// TLP is the Traffic Light Protocol 2.0 marking: who may be told.
// Source: https://www.first.org/tlp/.
type TLP string

const (
	TLPRed         TLP = "RED"
	TLPAmberStrict TLP = "AMBER+STRICT"
	TLPAmber       TLP = "AMBER"
	TLPGreen       TLP = "GREEN"
	TLPClear       TLP = "CLEAR"
)

// ParseTLP reads a marking with or without its prefix, in any case; WHITE is CLEAR.
func ParseTLP(text string) (TLP, error) {
	switch l := TLP(level(text, "TLP:")); l {
	case TLPRed, TLPAmberStrict, TLPAmber, TLPGreen, TLPClear:
		return l, nil
	case "WHITE":
		return TLPClear, nil
	}
	return "", fmt.Errorf("%q is no TLP marking: use RED, AMBER+STRICT, AMBER, GREEN or CLEAR", text)
}

// openness orders the markings from those for few to those for everybody.
var openness = map[TLP]int{TLPRed: 1, TLPAmberStrict: 2, TLPAmber: 3, TLPGreen: 4, TLPClear: 5}

// StricterThan reports whether what is marked t may be told to fewer than what
// is marked u. What is not marked at all is strictest.
func (t TLP) StricterThan(u TLP) bool { return openness[t] < openness[u] }

func level(text, prefix string) string {
	return strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), prefix)
}
