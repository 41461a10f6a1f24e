package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/sqlite"
)

// roleEnv turns the test binary into another process of the test.
const roleEnv = "CLEW_CASEFILE_TEST_ROLE"

func TestMain(m *testing.M) {
	role, folder, _ := strings.Cut(os.Getenv(roleEnv), ":")
	switch role {
	case "":
		os.Exit(m.Run())
	case "endless":
		os.Exit(appendUntilKilled(folder))
	case "fifty":
		os.Exit(appendFifty(folder))
	}
	os.Exit(2)
}

func child(t *testing.T, role, folder string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), roleEnv+"="+role+":"+folder)
	cmd.Stderr = os.Stderr
	return cmd
}

// appendUntilKilled appends a blob and an event that names it, again and again,
// and says so on standard output after each was acknowledged.
func appendUntilKilled(folder string) int {
	store, err := sqlite.Open(folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx := context.Background()
	for n := 0; ; n++ {
		digest, err := store.PutBlob(ctx, []byte(fmt.Sprint("reply ", n)))
		if err == nil {
			_, err = store.Append(ctx, "a-case", casefiletest.Note(digest))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(n, digest)
	}
}

func TestAcknowledgedEventsSurviveAKill(t *testing.T) {
	for _, kills := range []int{1, 2, 40} {
		folder := t.TempDir()
		store := open(t, folder)
		if _, err := store.Append(t.Context(), "a-case", casefiletest.Opening("evil.example")); err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		acknowledged := killAfter(t, child(t, "endless", folder), kills)
		checkSurvived(t, open(t, folder), acknowledged)
	}
}

// killAfter kills the process once it said it had done n things, and returns
// what it said until then and while it died.
func killAfter(t *testing.T, cmd *exec.Cmd, n int) (said []string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if said = append(said, lines.Text()); len(said) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
	return said
}

func checkSurvived(t *testing.T, store *sqlite.Store, acknowledged []string) {
	t.Helper()
	v, err := casefile.Verify(t.Context(), store, "a-case", "")
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("after the kill: %v, %v", v.Problems, err)
	}
	events, err := store.Events(t.Context(), "a-case", casefile.Query{After: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range acknowledged {
		number, digest, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		if err != nil || n >= len(events) {
			t.Fatalf("acknowledged %q is not among the %d events", line, len(events))
		}
		var note casefile.Noted
		if err := events[n].Decode(&note); err != nil || note.Text != digest {
			t.Errorf("event %d names %q, %v; acknowledged was %q", n, note.Text, err, digest)
		}
		if _, err := store.GetBlob(t.Context(), digest); err != nil {
			t.Errorf("acknowledged blob %d: %v", n, err)
		}
	}
	if _, err := store.Append(t.Context(), "a-case", casefiletest.Note("goes on")); err != nil {
		t.Errorf("the record cannot be continued: %v", err)
	}
}

func appendFifty(folder string) int {
	store, err := sqlite.Open(folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, err = store.Append(context.Background(), "a-case", casefiletest.Opening("evil.example"))
	if err != nil && !errors.Is(err, casefile.ErrExists) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for n := range 50 {
		if _, err := store.Append(context.Background(), "a-case", casefiletest.Note(fmt.Sprint(n))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if err := store.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestProcessesShareOneFile(t *testing.T) {
	folder := t.TempDir() // empty: they race to make the database, too
	const processes = 4
	children := make([]*exec.Cmd, processes)
	for i := range children {
		children[i] = child(t, "fifty", folder)
		if err := children[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, cmd := range children {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a process could not append: %v", err)
		}
	}
	v, err := casefile.Verify(t.Context(), open(t, folder), "a-case", "")
	if want := processes*50 + 1; err != nil || v.Events != want || len(v.Problems) > 0 {
		t.Errorf("%d events, %v, %v; want %d and no problem", v.Events, v.Problems, err, want)
	}
}
