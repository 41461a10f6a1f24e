package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a setting is called says whether it is a secret; each that sounds like one
// is sealed, or says here why it is none.
func TestEverySecretIsSealed(t *testing.T) {
	none := []string{"Keychain", "Serve.TLS.Key"} // names of sources; the name of a file
	sounds := regexp.MustCompile(`(?i)key|secret|passw|token|credential`)
	var tagged []string
	var walk func(at string, of reflect.Type)
	walk = func(at string, of reflect.Type) {
		for i := range of.NumField() {
			field := of.Field(i)
			name := strings.TrimPrefix(at+"."+field.Name, ".")
			secret := field.Tag.Get("secret") != ""
			if secret {
				tagged = append(tagged, name)
			}
			if !secret && field.Type.Kind() != reflect.Struct && sounds.MatchString(field.Name) && !slices.Contains(none, name) {
				t.Errorf("%s sounds like a secret: tag it secret:\"true\"", name)
			}
			if field.Type.Kind() == reflect.Struct {
				walk(name, field.Type)
			}
		}
	}
	walk("", reflect.TypeFor[settings]())
	if len(tagged) < 3 {
		t.Errorf("only %v are tagged", tagged)
	}
}

func TestTakeMovesSecretsOnly(t *testing.T) {
	s := settings{Keys: map[string]string{"a": "1"}, Resolver: "192.0.2.53"}
	from := settings{Keys: map[string]string{"a": "old", "b": "2"}, Resolver: "other"}
	from.Database.Password = "p"
	s.take(&from)
	want := settings{Keys: map[string]string{"a": "1", "b": "2"}, Resolver: "192.0.2.53"}
	want.Database.Password = "p"
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if from.count() != 0 || s.count() != 3 || from.Resolver != "other" {
		t.Errorf("%d and %d secrets", from.count(), s.count())
	}
}
