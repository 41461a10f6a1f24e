package hunt

import (
	"strings"
	"testing"

	"clew/internal/export/exporttest"
)

// str is a string constant that nothing in it ends.
const str = `"(?:[^"\\]|\\["\\])*"`

// forms of every line, by format. Comments hold plain characters only.
var forms = map[string]exporttest.Check{
	"kql": exporttest.Lines("//", `let clew_[a-z_]+ = datatable\(indicator:string, trace:string\) \[`, `  `+str+`, `+str+`,?`, `\];`,
		`let clew_[a-z_]+ = toscalar\([a-z_ |()]+\);`, `union isfuzzy=true withsource=clew_table`, `  (?:   )?[A-Za-z0-9_ ()|~,]+`, `  \([A-Za-z0-9_ ()|~,]+`),
	"spl": exporttest.Lines("\x00", "(?:search index=\\* \\(|  )?(?: ?```[A-Za-z0-9 .,:=+_()@/?-]*```)?", `\)`,
		`  (?:OR )?(?:(?:dest_ip|url|file_hash)=`+str+`|query IN \(`+str+`, `+str+"\\)|NOT \\*) ```[A-Za-z0-9 .,:=+_()@/?-]*```"),
	"esql":   exporttest.Lines("//", `FROM logs-\*`, `\| WHERE`, `  (?:OR )?[a-zA-Z_.0-9 =(),]*`+str+`(?:[a-zA-Z_.0-9 =(),]*`+str+`)*[)]? // [A-Za-z0-9 .,:=+_()@/?-]*`, `  FALSE // [a-z ]+`),
	"lucene": exporttest.Lines("\x00", `(?:(?: OR )?(?:[a-z0-9.]+:(?:`+str+`|\*\.[a-z0-9_.-]+)|NOT \*))+`),
	"logql":  exporttest.Lines("#", `\{job=~"\.\+"\}`, `  (?:\|=|or) `+str+` # [A-Za-z0-9 .,:=+_()@/?-]*`, `  \|= "clew: nothing to search for"`),
}

func TestGolden(t *testing.T) {
	for _, f := range Formats() {
		exporttest.Golden(t, f)
	}
}

func TestHostile(t *testing.T) {
	for _, f := range Formats() {
		exporttest.Hold(t, f, forms[f.Name])
	}
}

func FuzzFormats(f *testing.F) { exporttest.FuzzAll(f, Formats(), forms) }

// Every value that a format carries is in the query, exact and quoted.
func TestEveryValueIsAsked(t *testing.T) {
	for _, f := range Formats() {
		s := exporttest.Set(t, f, exporttest.Rules())
		text := string(exporttest.Write(t, f, s)[f.File])
		for _, e := range s.Entries {
			if !strings.Contains(text, quoted(e.Value.Text())) {
				t.Errorf("%s does not ask for %s", f.Name, e.Value.Text())
			}
		}
		if len(s.Entries) < 8 {
			t.Errorf("%s: only %d entries", f.Name, len(s.Entries))
		}
	}
}
