package casefile_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"clew/internal/casefile"
)

// Scripts rely on the page about the document, so every field has to be on it.
func TestTheReferenceNamesEveryField(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/json.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields(reflect.TypeFor[casefile.Document](), map[reflect.Type]bool{}) {
		if !regexp.MustCompile(`\b` + field + `\b`).Match(page) {
			t.Errorf("docs/reference/json.md does not name %q", field)
		}
	}
}

func fields(of reflect.Type, seen map[reflect.Type]bool) (names []string) {
	switch of.Kind() {
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return fields(of.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[of] || of == reflect.TypeFor[casefile.Time]() {
		return nil
	}
	seen[of] = true
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		names = append(append(names, name), fields(of.Field(i).Type, seen)...)
	}
	return names
}
