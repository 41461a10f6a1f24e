// Package all knows every search the team may have.
package all

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"clew/internal/marking"
	"clew/internal/source"
	"clew/internal/telemetry/siem"
	"clew/internal/telemetry/siem/clickhouse"
	"clew/internal/telemetry/siem/elastic"
	"clew/internal/telemetry/siem/loki"
	"clew/internal/telemetry/siem/microsoft"
	"clew/internal/telemetry/siem/secops"
	"clew/internal/telemetry/siem/splunk"
	"clew/internal/telemetry/siem/victorialogs"
)

// types are the products, by the type that the configuration names.
var types = map[string]struct {
	make func(siem.Settings) siem.Search
	auth string // scheme of the key where the settings name none
}{
	"elastic":      {func(s siem.Settings) siem.Search { return elastic.New(s) }, "ApiKey"},
	"opensearch":   {func(s siem.Settings) siem.Search { return elastic.New(s) }, "Basic"},
	"splunk":       {func(s siem.Settings) siem.Search { return splunk.New(s) }, "Bearer"},
	"loki":         {func(s siem.Settings) siem.Search { return loki.New(s) }, "Bearer"},
	"victorialogs": {func(s siem.Settings) siem.Search { return victorialogs.New(s) }, "Bearer"},
	"sentinel":     {func(s siem.Settings) siem.Search { return microsoft.NewSentinel(s) }, "Bearer"},
	"defender":     {func(s siem.Settings) siem.Search { return microsoft.NewDefender(s) }, "Bearer"},
	"secops":       {func(s siem.Settings) siem.Search { return secops.New(s) }, "Bearer"},
	"clickhouse":   {func(s siem.Settings) siem.Search { return clickhouse.New(s) }, "Basic"},
}

// Types lists the products.
func Types() []string {
	var names []string
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New returns the search that the configuration calls name, and how the client
// carries its key.
func New(name string, s siem.Settings) (siem.Search, source.Info, error) {
	product, known := types[s.Type]
	if !known {
		return nil, source.Info{}, fmt.Errorf("siem %s: no type %q: there are %s", name, s.Type, strings.Join(Types(), ", "))
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		return nil, source.Info{}, fmt.Errorf("siem %s: url must be https://host, or http://host inside your own network, without a key in it", name)
	}
	if s.Timeout <= 0 {
		s.Timeout = siem.DefaultTimeout
	}
	if s.Auth == "" {
		s.Auth = product.auth
	}
	info := source.Info{
		Name: siem.SourceName(name), Title: name + " (" + s.Type + ")", PAP: marking.Red, AtOnce: 2,
		KeyEnv: KeyEnv(name), KeyHeader: "Authorization", KeyScheme: s.Auth, KeyHost: u.Host, Keyless: true,
	}
	switch s.Type {
	case "sentinel":
		info.TokenURL, info.TokenScope = microsoft.TokenURL, microsoft.SentinelScope
	case "defender":
		info.TokenURL, info.TokenScope = microsoft.TokenURL, microsoft.DefenderScope
	}
	return product.make(s), info, nil
}

// KeyEnv is the environment variable that holds the key of a search.
func KeyEnv(name string) string {
	return "CLEW_SIEM_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name) + "_KEY"
}

// Server returns what the client must be told of the server of a search: the
// configuration names it, so it may be private and speak plain http.
func Server(s siem.Settings) string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
