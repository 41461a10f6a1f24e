package casefiletest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/database/versiontest"
)

// A Removing is a record that whole cases may leave.
type Removing interface {
	casefile.Remover
	Close() error
}

// Versions is what a record of every version keeps. blobs says whether raw answers
// lie in the database as well.
func Versions[S Removing](blobs bool) versiontest.Store[S] {
	return versiontest.Store[S]{
		Fill: func(t *testing.T, s S) {
			t.Helper()
			if err := Fill(t.Context(), s, blobs); err != nil {
				t.Fatal(err)
			}
		},
		Holds: func(t *testing.T, s S) { holds(t, s, blobs) },
		Newer: casefile.ErrNewer,
	}
}

const (
	versionsCase   = "a-case"
	versionsAnswer = "an answer of c2.example"
)

// Fill writes a case that was opened, noted and closed, and a raw answer.
func Fill(ctx context.Context, s casefile.Store, blobs bool) error {
	end := casefile.Entry{Time: start.Add(time.Hour), Type: casefile.TypeClosed, Actor: "analyst", Data: casefile.Closed{Reason: "done"}}
	if _, err := s.Append(ctx, versionsCase, Opening("evil.example"), Note("c2.example is like it"), end); err != nil {
		return err
	}
	if !blobs {
		return nil
	}
	_, err := s.PutBlob(ctx, []byte(versionsAnswer))
	return err
}

func holds(t *testing.T, s Removing, blobs bool) {
	t.Helper()
	ctx := t.Context()
	v, err := casefile.Verify(ctx, s, versionsCase, "")
	if err != nil || len(v.Problems) > 0 || v.Events != 3 {
		t.Errorf("the case: %+v, %v", v, err)
	}
	record, err := casefile.Load(ctx, s, versionsCase)
	if err != nil || record.State != casefile.StateClosed || record.Opened.Seeds[0].Value != "evil.example" {
		t.Errorf("as it is read: %+v, %v", record, err)
	}
	if blobs {
		content, err := s.GetBlob(ctx, casefile.DigestOf([]byte(versionsAnswer)))
		if err != nil || !bytes.Equal(content, []byte(versionsAnswer)) {
			t.Errorf("the raw answer: %q, %v", content, err)
		}
	}
	if _, err := s.Append(ctx, versionsCase, Note("it goes on")); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
	head, err := s.Head(ctx, versionsCase)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Remove(ctx, casefile.Removed{Case: versionsCase, Events: head.Seq, Head: head.Hash, At: start, Actor: "tester", Reason: "done", Archive: "a.zip", SHA256: "ab"})
	if gone, listErr := s.Removed(ctx); err != nil || listErr != nil || len(gone) != 1 {
		t.Errorf("as a whole it cannot go: %v, %v", err, listErr)
	}
}
