package casefile_test

import (
	"encoding/json"
	"os"
	"testing"
)

func jsonRaw[T ~string | ~[]byte](text T) json.RawMessage { return json.RawMessage(text) }

func unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func rewriteFile(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, change(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
