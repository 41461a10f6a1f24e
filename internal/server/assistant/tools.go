package assistant

// A tool is an operation of the API that assistants are offered.
type tool struct {
	operation  string            // its ID
	name       string            // of the tool, where it is another than the operation's
	acts       bool              // it writes into the record, or asks others
	asksOthers bool              // third parties may learn values
	fixed      map[string]string // arguments that have one value here
	without    []string          // arguments that are not offered
	hostile    bool              // the answer is text of hostile places as it stands, and no JSON
	more       string            // what an assistant should know beside the API's words
}

// bounds are of the request and not the assistant's to choose: they hold as the
// server was started.
var bounds = []string{"pap", "tlp", "budget", "anyway", "everywhere", "approver"}

// poll is how an assistant follows what it began.
const poll = "It runs in the background: ask with run until its state is complete, then read the case."

// tools are offered in the order of an investigation. What is not among them is in
// [withheld].
var tools = []tool{
	{operation: "recognise"},
	{operation: "show"},
	{operation: "pivots"},
	{operation: "populations"},
	{operation: "dry-run"},
	{operation: "search"},
	{operation: "start", acts: true, asksOthers: true, more: poll},
	{operation: "runs"},
	{operation: "run"},
	{operation: "cancel", acts: true},
	{operation: "retry", acts: true, asksOthers: true, more: poll},
	{operation: "cases"},
	{operation: "report", fixed: map[string]string{"format": "md"}, without: []string{"download"}, hostile: true, more: "The whole case in Markdown, defanged, for reading first."},
	{operation: "case-brief", more: "Name a limit: a large case does not fit."},
	{operation: "findings", more: "Ask band by band, a few at a time."},
	{operation: "finding", more: "Why it is one: read this before you judge."},
	{operation: "audit"},
	{operation: "counts", more: "Look here before turn."},
	{operation: "turn", acts: true, asksOthers: true, more: poll},
	{operation: "reject-pivot", acts: true, more: "Only with a reason that the evidence supports."},
	{operation: "reopen-pivot", acts: true},
	{operation: "weigh", acts: true},
	{operation: "log"},
	{operation: "verify"},
	{operation: "evidence", hostile: true, more: "The raw answer of a source."},
	{operation: "evidence-about"},
	{operation: "pattern"},
	{operation: "judge", acts: true, more: "Only with a reason that the evidence supports."},
	{operation: "note", acts: true},
	{operation: "tag", acts: true},
	{operation: "telemetry-index", more: "Which logs a hunt in the index covers."},
	{operation: "hunt", acts: true, without: []string{"logs"}, more: "In the index, or in the team's own search; files of the machine are not named from here. Ask with hunt-state until its state is complete."},
	{operation: "hunt-cancel", acts: true},
	{operation: "hunts"},
	{operation: "hunt-state"},
	{operation: "hunt-hits", more: "Lines of logs."},
	{operation: "hunt-queries", without: []string{"logs"}},
	{operation: "sightings"},
	{operation: "actions"},
	{operation: "act", name: "propose", acts: true, fixed: map[string]string{"verb": "propose"}, more: "It proposes only: people approve, apply and revoke. With dry_run nothing is recorded."},
	{operation: "escalations"},
	{operation: "formats"},
	{operation: "export-about", more: "What an export would hold, and what TLP leaves out."},
	{operation: "watches"},
	{operation: "watch"},
	{operation: "watch-runs"},
	{operation: "sources"},
	{operation: "quotas"},
	{operation: "imports"},
	{operation: "policy"},
	{operation: "status"},
	{operation: "kinds"},
	{operation: "relations"},
	{operation: "methods"},
}

// withheld are the operations that are no tools, and why. Every operation of the API
// is here or there, or [ofPeople].
var withheld = map[string]string{
	"case":  "the whole document is larger than an answer may be: report, case-brief, findings and finding have it in parts",
	"graph": "a picture; paths are in findings",

	"case-events": "a stream: a tool answers once", "run-events": "a stream: a tool answers once",
	"hunt-events": "a stream: a tool answers once", "watch-events": "a stream: a tool answers once",

	"bundle": "a file for another clew, not for reading", "handover": "a file for people", "export": "it goes into machines that block: people take it",
	"replay": "checks a case against its bundle, for minutes: people do it", "take": "takes in other people's cases", "replay-bundle": "takes in files",
	"analyse": "takes in files", "import": "changes what every case rests on", "upload": "changes what every case rests on", "import-remove": "changes what every case rests on",
	"undo": "takes back what people decided", "close": "people say when a case is closed", "reopen": "people say when a case is closed",
	"escalate": "it tells people at once: people decide that", "recipients": "whom an escalation reaches: people decide that",
	"watch-add": "it goes on asking when nobody looks: people save it", "watch-change": "it goes on asking when nobody looks: people change it",
	"watch-remove": "people remove it", "watch-run": "it tells people what it finds: people run it",
	"test-source": "costs a question that serves no case",

	"telemetry-keep": "names files of the machine", "telemetry-work": "of the machine", "telemetry-cancel": "of the machine", "doctor": "of the machine",

	"may": "for the page's buttons: an assistant is told when it tries",

	"access": "people say who sees a case", "access-set": "people say who sees a case", "trail": "of an admin",
}

// ofPeople are the paths below which everything is about people and their accounts:
// none of it is a tool.
var ofPeople = []string{"/account/", "/session", "/setup", "/users", "/tokens", "/access", "/second-factor"}

// named is what the tool is called.
func (t tool) named() string {
	if t.name != "" {
		return t.name
	}
	return t.operation
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
