// Package dnstest writes configurations of real name servers that tests run on
// loopback, as whoever runs the tests and without leaving a trace elsewhere.
package dnstest

import (
	"fmt"
	"path/filepath"
	"strings"
)

// NSD configures an authoritative server. The records of a zone are in the file
// of its name, with .zone behind it, in dir.
func NSD(dir string, port int, zones ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
server:
	ip-address: 127.0.0.1@%[2]d
	username: ""
	zonesdir: %[1]q
	xfrdir: %[1]q
	xfrdfile: "%[1]s/xfrd.state"
	zonelistfile: "%[1]s/zone.list"
	pidfile: "%[1]s/nsd.pid"
	logfile: "%[1]s/log"
	server-count: 1
remote-control:
	control-enable: no
`, dir, port)
	for _, zone := range zones {
		fmt.Fprintf(&b, "zone:\n\tname: %s\n\tzonefile: %q\n", zone, filepath.Join(dir, zone+".zone"))
	}
	return b.String()
}

// A Resolver is what configurations of Unbound differ in.
type Resolver struct {
	Modules  string
	Server   string   // lines of the section server, "" for none
	Zones    []string // are asked of Upstream
	Upstream string   // 127.0.0.1:port
	More     string   // sections, "" for none
}

// Unbound configures a resolver.
func Unbound(dir string, port int, r Resolver) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
server:
	interface: 127.0.0.1@%[2]d
	username: ""
	chroot: ""
	directory: %[1]q
	pidfile: ""
	use-syslog: no
	do-ip6: no
	do-not-query-localhost: no
	module-config: %[3]q
	%[4]s
remote-control:
	control-enable: no
`, dir, port, r.Modules, r.Server)
	for _, zone := range r.Zones {
		fmt.Fprintf(&b, "stub-zone:\n\tname: %q\n\tstub-addr: %s\n", zone, strings.Replace(r.Upstream, ":", "@", 1))
	}
	return b.String() + r.More + "\n"
}
