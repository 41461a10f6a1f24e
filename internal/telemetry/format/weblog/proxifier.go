package weblog

import (
	"net"
	"strings"

	"clew/internal/telemetry/format"
)

// Proxifier reads the log of the Proxifier client: which process reached what,
// through which proxy.
type Proxifier struct{}

// Name is "proxifier".
func (Proxifier) Name() string { return "proxifier" }

// Parse reads "[10.30 16:49:06] chrome.exe - host:port open through proxy …".
func (Proxifier) Parse(text []byte, _ format.Context, out *format.Record) bool {
	line := string(text[:min(len(text), 8<<10)])
	if len(line) < 20 || line[0] != '[' || line[15] != ']' {
		return false
	}
	process, rest, ok := strings.Cut(line[16:], " - ")
	if !ok || !out.SetTime(line[1:15], 0) {
		return false
	}
	words := strings.Fields(rest)
	if len(words) < 2 {
		return false
	}
	out.Format, out.Kind = "proxifier", format.FlowLog
	name, _, _ := strings.Cut(strings.TrimSpace(process), " *") // "chrome.exe *64"
	out.AddAs("process", name, format.Process)
	out.AddAs("target", host(words[0]), format.Host)
	out.AddAs("target", words[0], format.Server)
	for i, w := range words {
		if w == "proxy" && i+1 < len(words) {
			out.AddAs("proxy", host(words[i+1]), format.Reporter)
		}
	}
	out.AddAs("event", rest, format.Message)
	out.Finish()
	return true
}

// host takes the port off.
func host(text string) string {
	if h, _, err := net.SplitHostPort(text); err == nil {
		return h
	}
	return text
}
