package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// release is set by the release build: -ldflags "-X main.release=v1.2.3".
var release = "dev"

// version says which build this is: release, commit, time of commit, whether
// the tree was changed, Go version and platform.
func version() string {
	parts := []string{release}
	if info, ok := debug.ReadBuildInfo(); ok {
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if commit := settings["vcs.revision"]; len(commit) >= 12 {
			parts = append(parts, commit[:12])
		}
		if at := settings["vcs.time"]; at != "" {
			parts = append(parts, at)
		}
		if settings["vcs.modified"] == "true" {
			parts = append(parts, "modified")
		}
	}
	return strings.Join(append(parts, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH), " ")
}
