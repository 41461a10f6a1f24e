// Package report writes the document of a case for people: plain text for a
// terminal, Markdown, and one self-contained HTML page. All three show the same
// page, the summary first, and each escapes what its format reads as its own.
package report

// maxWaterfalls is how many findings a written report explains line by line.
// More is no reading; the JSON document has them all, and the report says so.
const maxWaterfalls = 100
