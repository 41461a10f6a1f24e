package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The page about the configuration names every setting, and none that is none.
func TestConfigurationPage(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash("../../docs/guide/configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	if shown == nil {
		t.Fatal("the page shows no configuration")
	}
	var s settings
	if err := yaml.UnmarshalWithOptions(shown[1], &s, yaml.Strict()); err != nil {
		t.Fatalf("what the page shows is no configuration: %v", err)
	}
	for _, name := range unsaid("", reflect.ValueOf(s)) {
		t.Errorf("the page does not show %s", name)
	}
}

// unsaid names the settings below value that are left at zero. Of lists and maps of
// parts it is enough that one of them says a setting.
func unsaid(at string, value reflect.Value) []string {
	switch value.Kind() {
	case reflect.Struct:
		var missing []string
		for i := range value.NumField() {
			tag, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("yaml"), ",")
			if tag != "-" {
				missing = append(missing, unsaid(strings.TrimPrefix(at+"."+tag, "."), value.Field(i))...)
			}
		}
		return missing
	case reflect.Slice, reflect.Map:
		if value.Len() > 0 && value.Type().Elem().Kind() == reflect.Struct {
			return unsaidOfAny(at, parts(value))
		}
	}
	if value.IsZero() {
		return []string{at}
	}
	return nil
}

func parts(of reflect.Value) []reflect.Value {
	var all []reflect.Value
	if of.Kind() == reflect.Map {
		for _, key := range of.MapKeys() {
			all = append(all, of.MapIndex(key))
		}
		return all
	}
	for i := range of.Len() {
		all = append(all, of.Index(i))
	}
	return all
}

// unsaidOfAny names what is missing in each of parts.
func unsaidOfAny(at string, parts []reflect.Value) []string {
	times := map[string]int{}
	for _, part := range parts {
		for _, name := range unsaid(at, part) {
			times[name]++
		}
	}
	var missing []string
	for name, n := range times {
		if n == len(parts) {
			missing = append(missing, name)
		}
	}
	return missing
}
