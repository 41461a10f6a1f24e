// Package report writes the document of a case for people: plain text for a
// terminal, Markdown, and one self-contained HTML page. All three show the same
// page, the summary first, and each escapes what its format reads as its own.
package report

import "errors"

// ErrNoFinding means a document has no finding of that value.
var ErrNoFinding = errors.New("no such finding")
