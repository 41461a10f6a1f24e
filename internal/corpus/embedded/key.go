package embedded

import (
	"fmt"

	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
	"clew/internal/observation"
)

// The store is cut into spaces by the first byte of each key.
// docs/decisions/0007-corpus-keys.md says why the keys are as they are.
const (
	forwardSpace    = 'f' // subject, relation, object -> row
	reverseSpace    = 'r' // object, relation, subject -> the same row
	holdersSpace    = 'h' // object, relation -> number of subjects, only for objects with many
	populationSpace = 'p' // relation -> links, subjects
	sourceSpace     = 's' // number of a source -> its name and import
	totalSpace      = 't' // object, relation, source -> a provider's total
	importSpace     = 'i' // number of an import -> its entry
	answerSpace     = 'a' // value -> the last whole answer of each source about it
)

func appendForward(dst []byte, subject observable.Value, relation observation.Relation, object observable.Value) []byte {
	dst = valuekey.Append(append(dst, forwardSpace), subject)
	return valuekey.Append(append(dst, byte(relation)), object)
}

// reversed turns a forward key into the reverse key of the same row.
func reversed(dst, forward []byte) []byte {
	n := groupLen(forward)
	dst = append(dst, reverseSpace)
	dst = append(dst, forward[n:]...)
	dst = append(dst, forward[n-1])
	return append(dst, forward[1:n-1]...)
}

// groupLen returns how much of a row's key is its space, first value and relation.
func groupLen(key []byte) int { return 1 + valuekey.Len(key[1:]) + 1 }

// startKey returns a key up to its first value, with room for a relation.
func startKey(space byte, v observable.Value) []byte {
	return valuekey.Append(append(make([]byte, 0, len(v.Text())+24), space), v)
}

// cutRelation reads the relation between the two values of a key.
func cutRelation(key []byte) (observation.Relation, []byte, error) {
	if len(key) == 0 || !observation.Relation(key[0]).Valid() {
		return 0, nil, fmt.Errorf("%w: no relation in a key: %.80q", errRow, key)
	}
	return observation.Relation(key[0]), key[1:], nil
}
