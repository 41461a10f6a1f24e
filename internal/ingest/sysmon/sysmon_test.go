package sysmon

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/observation"
)

// trace is a dropper that starts a shell, which does the rest.
const trace = `{"EventID":1,"UtcTime":"2025-01-01 00:00:00.000","ProcessGuid":"{1}","ParentProcessGuid":"{0}","Image":"C:\\Users\\bruno\\Downloads\\Rare.exe","CommandLine":"Rare.exe","Hashes":"SHA1=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,MD5=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,SHA256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,IMPHASH=11111111111111111111111111111111"}
{"winlog":{"event_id":1,"event_data":{"UtcTime":"2025-01-01 00:00:01.000","ProcessGuid":"{2}","ParentProcessGuid":"{1}","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"\"C:\\Windows\\System32\\cmd.exe\" /c whoami","Hashes":"SHA256=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"}}}
{"EventID":22,"UtcTime":"2025-01-01 00:00:02.000","ProcessGuid":"{2}","QueryName":"c2.example"}
{"EventID":3,"EventData":"{\"UtcTime\":\"2025-01-01 00:00:03.000\",\"ProcessGuid\":\"{2}\",\"Initiated\":\"true\",\"DestinationIp\":\"203.0.113.7\",\"DestinationHostname\":\"-\"}"}
{"EventID":3,"UtcTime":"2025-01-01 00:00:03.000","ProcessGuid":"{1}","Initiated":"true","DestinationIp":"192.168.0.1"}
{"EventID":3,"UtcTime":"2025-01-01 00:00:03.000","ProcessGuid":"{1}","Initiated":"false","DestinationIp":"198.51.100.1"}
{"EventID":11,"UtcTime":"2025-01-01 00:00:04.000","ProcessGuid":"{1}","TargetFilename":"C:\\Users\\bruno\\AppData\\Roaming\\Rare\\payload.exe"}
{"EventID":13,"UtcTime":"2025-01-01 00:00:05.000","ProcessGuid":"{1}","TargetObject":"HKU\\S-1-5-21-1-2-3-1001\\Software\\Rare\\ID"}
{"EventID":17,"UtcTime":"2025-01-01 00:00:06.000","ProcessGuid":"{1}","PipeName":"\\rarepipe"}
{"EventID":23,"UtcTime":"2025-01-01 00:00:07.000","ProcessGuid":"{1}","TargetFilename":"C:\\rare.tmp","Hashes":"SHA256=CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"}
{"EventID":22,"UtcTime":"2025-01-01 00:00:08.000","ProcessGuid":"{9}","QueryName":"nobody.example"}
`

func imported(t *testing.T, text string) ([]string, ingest.Summary, error) {
	t.Helper()
	var lines []string
	run := ingest.Import{Format: Format{}, Source: "test"}
	summary, err := run.Run(context.Background(), strings.NewReader(text), func(o observation.Observation) error {
		lines = append(lines, o.Subject.Text()[:4]+" "+o.Relation.String()+" "+o.Object.Text()+" "+o.First.Format("15:04:05"))
		return nil
	})
	return lines, summary, err
}

func TestDeedsAreLaidToWhoStartedThem(t *testing.T) {
	got, summary, err := imported(t, trace)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"aaaa filename rare.exe 00:00:00",
		"aaaa imphash 11111111111111111111111111111111 00:00:00",
		`aaaa runs %windir%\system32\cmd.exe /c whoami 00:00:01`,
		"aaaa contacts c2.example 00:00:02",
		"aaaa contacts 203.0.113.7 00:00:03",
		`aaaa writes %appdata%\rare\payload.exe 00:00:04`,
		`aaaa registry hkcu\software\rare\id 00:00:05`,
		`aaaa mutex \\.\pipe\rarepipe 00:00:06`,
		`aaaa writes c:\rare.tmp 00:00:07`,
		"aaaa drops cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc 00:00:07",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The local address, the connection from outside, and the deed of a process
	// whose start nobody logged.
	if summary.Skipped != 3 || summary.Rejected != 0 {
		t.Errorf("skipped %d, rejected %+v", summary.Skipped, summary.FirstRejected)
	}
}

func TestXMLIsReadWhereverItsLinesEnd(t *testing.T) {
	const one = `<?xml version="1.0"?>
<Events><Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">
<System><EventID>1</EventID></System>
<EventData><Data Name="UtcTime">2025-01-01 00:00:00.000</Data><Data Name="ProcessGuid">{1}</Data>
<Data Name="Image">C:\rare.exe</Data><Data Name="Hashes">SHA256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA</Data></EventData>
</Event><Event><System><EventID>22</EventID></System><EventData><Data Name="ProcessGuid">{1}</Data><Data Name="QueryName">c2.example</Data><Data Name="UtcTime">2025-01-01 00:00:02.000</Data></EventData></Event></Events>`
	got, summary, err := imported(t, one)
	if err != nil || summary.Rejected > 0 {
		t.Fatal(err, summary.FirstRejected)
	}
	want := []string{"aaaa filename rare.exe 00:00:00", "aaaa contacts c2.example 00:00:02"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCirclesAmongProcessesEnd(t *testing.T) {
	line := strings.SplitN(trace, "\n", 2)[0]
	circle := strings.Replace(line, `"ParentProcessGuid":"{0}"`, `"ParentProcessGuid":"{1}"`, 1)
	if _, _, err := imported(t, circle+"\n"+circle+"\n"); err != nil {
		t.Fatal(err)
	}
}

// Traces of real machines beside the repository: read to the end, nothing
// refused that is a Sysmon record.
func TestSharedTraces(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	files, err := filepath.Glob(filepath.Join(shared, "data/telemetry/sysmon-*/*"))
	if err != nil || len(files) == 0 {
		t.Skipf("no traces at %s", shared)
	}
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		run := ingest.Import{Format: Format{}, Source: "test"}
		kinds := map[string]int{}
		summary, err := run.Run(context.Background(), file, func(o observation.Observation) error {
			kinds[o.Relation.String()]++
			return nil
		})
		if err != nil || summary.Rejected > 0 {
			t.Errorf("%s: %v, %+v", filepath.Base(path), err, summary.FirstRejected)
		}
		t.Logf("%s: read %d, kept %d %v", filepath.Base(path), summary.Read, summary.Kept, kinds)
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add(trace)
	f.Add("<Events><Event>\n</Event></Events>")
	f.Fuzz(func(t *testing.T, text string) {
		run := ingest.Import{Format: Format{}, Source: "test"}
		_, _ = run.Run(context.Background(), strings.NewReader(text), func(o observation.Observation) error {
			if err := o.Check(); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
			return nil
		})
	})
}
