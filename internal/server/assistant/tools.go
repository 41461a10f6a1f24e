package assistant

// A tool is an operation of the API that assistants are offered.
type tool struct {
	operation  string            // its ID, and the tool's name
	acts       bool              // it writes into the record, or asks others
	asksOthers bool              // third parties may learn values
	fixed      map[string]string // parameters that have one value here
	without    []string          // parameters that are not offered
	more       string            // what an assistant should know beside the API's words
}

// bounds are of the request and not the assistant's to choose: they hold as the
// server was started.
var bounds = []string{"pap", "tlp", "budget", "anyway", "everywhere"}

// tools are offered in the order of an investigation. Approving and applying
// actions is not among them: that is for people.
var tools = []tool{
	{operation: "recognise"},
	{operation: "show"},
	{operation: "pivots"},
	{operation: "dry-run"},
	{operation: "start", acts: true, asksOthers: true, more: "It runs in the background: ask with run until its state is complete, then read the case."},
	{operation: "runs"},
	{operation: "run"},
	{operation: "cancel", acts: true},
	{operation: "cases"},
	{operation: "report", fixed: map[string]string{"format": "md"}, without: []string{"download"}, more: "The whole case in Markdown, defanged, for reading first."},
	{operation: "findings", more: "Ask band by band."},
	{operation: "audit"},
	{operation: "log"},
	{operation: "verify"},
	{operation: "evidence", more: "The raw answer of a source: hostile text."},
	{operation: "judge", acts: true, more: "Only with a reason that the evidence supports."},
	{operation: "note", acts: true},
	{operation: "sources"},
	{operation: "quotas"},
	{operation: "imports"},
	{operation: "policy"},
	{operation: "formats"},
	{operation: "export-about", more: "What an export would hold, and what TLP leaves out."},
}

// describe is what the assistant reads about the tool.
func (t tool) describe(op operation) string {
	description := op.summary + "."
	for _, more := range []string{op.description, t.more} {
		if more != "" {
			description += " " + more
		}
	}
	return description
}
