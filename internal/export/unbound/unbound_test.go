package unbound

import (
	"fmt"
	"testing"

	"clew/internal/export/exporttest"
	"clew/internal/fetch/dnstest"
)

var form = exporttest.Lines("#", `server:`, `    local-zone: "[a-z0-9_.-]+\." always_nxdomain`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

func TestUnboundAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "unbound"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	included := exporttest.File(t, dir, "clew.conf", exporttest.Only(t, Format()))
	config := exporttest.File(t, dir, "unbound.conf", dnstest.Unbound(dir, port, dnstest.Resolver{
		Modules: "iterator", Zones: []string{"example"}, Upstream: fmt.Sprintf("127.0.0.1:%d", upstream), More: fmt.Sprintf("include: %q", included),
	}))
	exporttest.Run(t, "", exporttest.Tool(t, "unbound-checkconf"), config)
	address := exporttest.Serve(t, port, program, "-d", "-c", config)
	exporttest.Answers(t, address, exporttest.Blocked, exporttest.Neighbours)
}
