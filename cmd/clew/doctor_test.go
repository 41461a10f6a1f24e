package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One trouble that fails several checks is told once, and counted with each.
func TestTheDoctorSaysOnce(t *testing.T) {
	checks := []check{
		{"database", "bad", "cannot be reached"},
		{"record", "bad", "cannot be reached"},
		{"corpus", "ok", "12 links"},
		{"jobs", "bad", "stuck"},
		{"spending", "ok", "12 links"},
		{"watches", "bad", "cannot be reached"},
	}
	want := []check{
		{"database", "bad", "cannot be reached"},
		{"record", "bad", "as database"},
		{"corpus", "ok", "12 links"},
		{"jobs", "bad", "stuck"},
		{"spending", "ok", "12 links"},
		{"watches", "bad", "as database"},
	}
	if diff := cmp.Diff(want, saidOnce(checks)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if checks[1].Detail != "cannot be reached" {
		t.Error("what --json prints changed with it")
	}
}
