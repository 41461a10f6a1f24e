package hosts

import (
	"fmt"
	"testing"

	"clew/internal/export/exporttest"
)

var form = exporttest.Lines("#", `(0\.0\.0\.0|::) [a-z0-9_.-]+`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

// A hosts file cannot say NXDOMAIN: dnsmasq answers with the address of nowhere.
func TestDnsmasqReadsIt(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "dnsmasq"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	file := exporttest.File(t, dir, "hosts", exporttest.Only(t, Format()))
	address := exporttest.Serve(t, port, program, "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--pid-file=",
		"--listen-address=127.0.0.1", "--bind-interfaces", fmt.Sprintf("--port=%d", port), fmt.Sprintf("--server=/example/127.0.0.1#%d", upstream), "--addn-hosts="+file)
	exporttest.Resolves(t, address, map[string]string{
		"login-portal.example.": "0.0.0.0", "www.login-portal.example.": "0.0.0.0",
		"clean.example.": "192.0.2.10", "other.login-portal.example.": "192.0.2.66", "old-find.example.": "192.0.2.10",
	})
}
