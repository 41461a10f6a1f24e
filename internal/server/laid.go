package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"clew/internal/casefile"
)

// laidFor is how long a policy laid over a document counts: actions expire.
const laidFor = time.Minute

// heldForm is a case as it was read, and as it is under the policy.
type heldForm struct {
	memory casefile.Memory
	record *casefile.Record   // nil when it was not read yet
	doc    *casefile.Document // under the policy; nil when none was laid over it
	mark   string             // of that policy
	laid   time.Time
	state  string // see laidDocument
}

// A laidDocument is a case under the policy that counts. Equal states are equal
// documents, in this process and in others of the same version.
type laidDocument struct {
	casefile.Document
	state string
}

// under lays the policy that counts now over the case.
func (f *heldForm) under(core Core, now time.Time) (laidDocument, error) {
	mark := core.PolicyMark()
	if f.doc == nil || f.mark != mark || now.Sub(f.laid) > laidFor {
		doc := f.record.Document()
		doc.Findings = slices.Clone(doc.Findings) // those of the record stay as they are
		doc, err := core.UnderPolicy(doc)
		if err != nil {
			return laidDocument{}, err
		}
		f.doc, f.mark, f.laid, f.state = &doc, mark, now, stateOf(doc, mark)
	}
	return laidDocument{*f.doc, f.state}, nil
}

// stateOf names what a document says: it follows from the record, the policy, and
// which actions have run out.
func stateOf(doc casefile.Document, mark string) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %q", doc.Case.Head, mark) // a hash never fails to write
	for i := range doc.Findings {
		if doc.Findings[i].Action.State == casefile.ActionExpired {
			_, _ = fmt.Fprintf(h, " %d", i)
		}
	}
	for i, s := range doc.Seeds {
		if s.Action != nil && s.Action.State == casefile.ActionExpired {
			_, _ = fmt.Fprintf(h, " seed %d", i)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
