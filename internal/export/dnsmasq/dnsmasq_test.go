package dnsmasq

import (
	"fmt"
	"testing"

	"clew/internal/export/exporttest"
)

var form = exporttest.Lines("#", `address=/[a-z0-9_.-]+/`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

func TestDnsmasqAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "dnsmasq"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	file := exporttest.File(t, dir, "clew.conf", exporttest.Only(t, Format()))
	exporttest.Run(t, "", program, "--test", "--conf-file="+file)
	address := exporttest.Serve(t, port, program, "--keep-in-foreground", "--conf-file="+file, "--no-resolv", "--no-hosts", "--user=root", "--pid-file=",
		"--listen-address=127.0.0.1", "--bind-interfaces", fmt.Sprintf("--port=%d", port), fmt.Sprintf("--server=/example/127.0.0.1#%d", upstream))
	exporttest.Answers(t, address, exporttest.Blocked, exporttest.Neighbours)
}
