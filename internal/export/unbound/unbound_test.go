package unbound

import (
	"fmt"
	"testing"

	"clew/internal/export/exporttest"
)

var form = exporttest.Lines("#", `server:`, `    local-zone: "[a-z0-9_.-]+\." always_nxdomain`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

func TestUnboundAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "unbound"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	included := exporttest.File(t, dir, "clew.conf", exporttest.Only(t, Format()))
	config := exporttest.File(t, dir, "unbound.conf", fmt.Sprintf(`
server:
	interface: 127.0.0.1@%[2]d
	username: ""
	chroot: ""
	directory: %[1]q
	pidfile: ""
	use-syslog: no
	do-ip6: no
	do-not-query-localhost: no
	module-config: "iterator"
remote-control:
	control-enable: no
stub-zone:
	name: "example"
	stub-addr: 127.0.0.1@%[4]d
include: %[3]q
`, dir, port, included, upstream))
	exporttest.Run(t, "", exporttest.Tool(t, "unbound-checkconf"), config)
	address := exporttest.Serve(t, port, program, "-d", "-c", config)
	exporttest.Answers(t, address, exporttest.Blocked, exporttest.Neighbours)
}
