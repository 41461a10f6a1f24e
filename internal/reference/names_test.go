package reference_test

import (
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
)

func TestNameCount(t *testing.T) {
	s := load(t)
	common, known := s.NameCount("login")
	if !known || common < 100_000 {
		t.Errorf("login: %d, %v", common, known)
	}
	if n, known := s.NameCount("LOGIN"); n != common || !known {
		t.Errorf("case changes the count: %d", n)
	}
	if n, known := s.NameCount("jppost"); known {
		t.Errorf("a coined token is known: %d", n)
	}
	compound, known := s.NameCount("loginsecure")
	if !known || compound == 0 || compound >= common {
		t.Errorf("a compound must be known and rarer than its words: %d, %v", compound, known)
	}
	for _, hostile := range []string{"", "-", "\x00", "日本"} {
		s.NameCount(hostile) // must not panic
		s.PrefixCount(hostile)
	}
}

func TestPrefixCount(t *testing.T) {
	s := load(t)
	login, _ := s.NameCount("login")
	if n, known := s.PrefixCount("login"); !known || n < login {
		t.Errorf("a prefix cannot be rarer than the words that begin so: %d < %d", n, login)
	}
	if n, known := s.PrefixCount("banker"); !known || n == 0 {
		t.Errorf("a prefix that begins with a word is known: %d, %v", n, known)
	}
	if n, known := s.PrefixCount("qxzjvk"); known {
		t.Errorf("an unheard-of prefix is known: %d", n)
	}
}

func TestBaseCount(t *testing.T) {
	s := load(t)
	text := func(v string) observable.Value { return observable.Must(observable.Text, v) }
	tests := map[string]struct {
		relation observation.Relation
		object   observable.Value
		min, max uint64
		of       uint64
	}{
		"largest_registrar":          {observation.RegistrarOf, observable.Must(observable.Registrar, "GoDaddy.com, LLC"), 50e6, 100e6, reference.World},
		"provider_name_server":       {observation.Nameserver, observable.Must(observable.Domain, "ns51.domaincontrol.com"), 10e6, 100e6, reference.World},
		"numbered_hosting_server":    {observation.Nameserver, observable.Must(observable.Domain, "ns149.websitewelcome.com"), 100, 100_000, reference.World},
		"its_company":                {observation.NSDomain, observable.Must(observable.Domain, "websitewelcome.com"), 100_000, 10e6, reference.World},
		"set_is_bound_by_rarest":     {observation.NSSet, text("ns149.websitewelcome.com|ns51.domaincontrol.com"), 100, 100_000, reference.World},
		"token":                      {observation.Token, text("shop"), 100_000, 100e6, reference.World},
		"prefix":                     {observation.NamePrefix, text("secure"), 100_000, 100e6, reference.World},
		"tls_stack_of_java":          {observation.JARM, observable.Must(observable.JARM, "07d14d16d21d21d07c42d41d00041d24a458a375eef0c576d23a7bab9a9fb1"), 1000, 10e6, 30_000_000},
		"own_name_server":            {observation.Nameserver, observable.Must(observable.Domain, "ns1.evil.example"), 0, 0, 0},
		"set_with_an_own_host":       {observation.NSSet, text("ns1.evil.example|ns51.domaincontrol.com"), 0, 0, 0},
		"count_of_another_relation":  {observation.MX, observable.Must(observable.Domain, "ns149.websitewelcome.com"), 0, 0, 0},
		"coined_token":               {observation.Token, text("kuronekoyamat"), 0, 0, 0},
		"common_value_without_count": {observation.Title, observable.Must(observable.Title, "Just a moment..."), 0, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n, of, hit, ok := s.BaseCount(tt.relation, tt.object)
			if ok != (tt.max > 0) || n < tt.min || n > tt.max || of != tt.of {
				t.Errorf("BaseCount(%s, %s) = %d of %d, %v, want %d to %d of %d", tt.relation, tt.object.Text(), n, of, ok, tt.min, tt.max, tt.of)
			}
			if ok && (hit.List == "" || hit.Version == "") {
				t.Errorf("count cannot be quoted: %+v", hit)
			}
		})
	}
}
