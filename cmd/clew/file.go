package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/artifact"
	"clew/internal/investigation"
	"clew/internal/words"
)

func (a *app) fileCommand() *cobra.Command {
	run := fileRun{app: a}
	cmd := &cobra.Command{
		Use:   "file PATH...",
		Short: "Analyse files into observations",
		Long: `Looks into files, folders and archives (zip, 7z, tar, gzip, bzip2, xz, zstd; without
a password or with infected) and stores what they say: digests and fuzzy hashes,
imports, signers, build paths, properties, and the indicators in them. Nothing is
executed and nothing leaves the machine. The same file twice changes nothing.

Links below a folder, devices and pipes are left alone. What a file claims about
its own sizes is not believed: --max-depth and --max-unpack bound what an archive
may cost.`,
		Example: `  clew file sample.exe
  clew file --json collection/ quarantine.zip
  clew file sample.7z --password secret
  clew show d41d8cd98f00b204e9800998ecf8427e     any digest of a file leads to it`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return run.do(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&run.passwords, "password", nil, "a further password to try on archives (repeat for several)")
	flags.IntVar(&run.limits.Depth, "max-depth", artifact.DefaultDepth, "archives within archives that are unpacked")
	flags.Int64Var(&run.limits.Unpack, "max-unpack", artifact.DefaultUnpack, "bytes unpacked out of one file on disk")
	flags.BoolVar(&run.dry, "no-store", false, "show only, store nothing")
	a.listsFlag(flags)
	return cmd
}

// fileRun is one run of clew file.
type fileRun struct {
	*app
	limits    artifact.Limits
	passwords []string
	dry       bool

	workspace *investigation.Workspace
	waiting   []*artifact.File // analysed, not stored yet
	out       io.Writer
	files     uint64
	fresh     uint64
	skipped   []artifact.Skipped
}

// batch is how many files are stored at once: each store waits for the disk.
const batch = 64

func (r *fileRun) do(ctx context.Context, paths []string) error {
	needs := investigation.Needs{Corpus: !r.dry}
	w, err := r.app.workspace(needs)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	r.workspace = w
	err = r.printTo(func(out io.Writer) error {
		r.out = out
		err := w.Analyzer(r.limits, r.passwords).Walk(ctx, paths, func(o artifact.Outcome) error { return r.take(ctx, o) })
		// What was analysed before a stop is kept and shown all the same.
		return errors.Join(err, r.flush(context.WithoutCancel(ctx)))
	})
	if err != nil {
		return err
	}
	return r.conclude()
}

func (r *fileRun) take(ctx context.Context, o artifact.Outcome) error {
	if o.Skipped != nil {
		r.skipped = append(r.skipped, *o.Skipped)
		fmt.Fprintf(r.stderr, "clew: %s: %s\n", terminalSafe(o.Skipped.Path), terminalSafe(o.Skipped.Err.Error()))
		return nil
	}
	r.waiting = append(r.waiting, o.Files...)
	if len(r.waiting) < batch {
		return nil
	}
	return r.flush(ctx)
}

// flush stores what waits, then shows it: what is printed is stored.
func (r *fileRun) flush(ctx context.Context) error {
	if !r.dry {
		fresh, err := r.workspace.KeepFiles(ctx, r.waiting)
		if err != nil {
			return err
		}
		r.fresh += uint64(fresh)
	}
	for _, f := range r.waiting {
		if err := r.print(f); err != nil {
			return err
		}
	}
	r.files += uint64(len(r.waiting))
	r.waiting = r.waiting[:0]
	if out, ok := r.out.(*bufio.Writer); ok {
		return out.Flush()
	}
	return nil
}

func (r *fileRun) print(f *artifact.File) error {
	if r.json {
		e := json.NewEncoder(r.out)
		e.SetEscapeHTML(false)
		return e.Encode(f)
	}
	printFile(r.out, f)
	return nil
}

func (r *fileRun) conclude() error {
	if !r.dry {
		fmt.Fprintf(r.stderr, "clew: %s, %s new\n", words.Count(r.files, "file"), words.Count(r.fresh, "observation"))
	}
	switch {
	case len(r.skipped) == 0:
		return nil
	case r.files == 0:
		return fmt.Errorf("nothing was read: %s: %w", r.skipped[0].Path, r.skipped[0].Err)
	}
	return partial{words.Count(len(r.skipped), "path") + " left out"}
}

// shownArtifacts is how many indicators of a file are shown to people; --json
// has all.
const shownArtifacts = 12

func printFile(w io.Writer, f *artifact.File) {
	fmt.Fprintf(w, "%s\n", terminalSafe(f.Path))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-13s %s\n", name, terminalSafe(value))
		}
	}
	row("type", fmt.Sprintf("%s, %s bytes", f.Type, words.Number(f.Size)))
	row("sha256", f.SHA256)
	row("sha1", f.SHA1)
	row("md5", f.MD5)
	row("imphash", f.Imphash)
	row("ssdeep", f.Ssdeep)
	row("tlsh", f.TLSH)
	printFormats(row, f)
	for _, s := range f.Signers {
		row("signed by", signerWords(s))
	}
	for _, p := range f.Properties {
		row("says", p.Name+": "+p.Value)
	}
	if n := len(f.Contains); n > 0 {
		row("contains", words.Count(n, "file"))
	}
	printArtifacts(w, f)
	for _, p := range f.Problems {
		row("problem", p)
	}
}

func printFormats(row func(name, value string), f *artifact.File) {
	if f.PE != nil {
		row("rich", f.PE.RichHash)
		row("authentihash", f.PE.Authentihash)
	}
	if f.ELF != nil {
		row("build id", f.ELF.BuildID)
		row("go build id", f.ELF.GoBuildID)
		row("imports", f.ELF.Symbols)
	}
	for _, part := range f.MachO {
		row("uuid", part.UUID+" "+part.CPU)
		row("imports", part.Symbols)
	}
}

func signerWords(s artifact.Signer) string {
	text := s.Scheme + " " + s.Name
	switch {
	case s.Name == "":
		text = s.Scheme + " somebody whose certificate is missing"
	case s.Thumbprint != "":
		text += " (" + s.Thumbprint + ")"
	}
	if !s.Time.IsZero() {
		text += ", seen " + s.Time.Format("2006-01-02")
	}
	if s.Valid {
		return text + ", valid"
	}
	return text + ", not valid: " + strings.Join(s.Problems, "; ")
}

func printArtifacts(w io.Writer, f *artifact.File) {
	shown, noise := 0, 0
	for _, a := range f.Artifacts {
		if a.Suppress != "" {
			noise++
			continue
		}
		if shown++; shown <= shownArtifacts {
			fmt.Fprintf(w, "  %-13s %s\n", a.Kind, defanged(a.Kind, a.Value))
		}
	}
	if shown > shownArtifacts {
		fmt.Fprintf(w, "  and %s more indicators, all in --json\n", words.Number(shown-shownArtifacts))
	}
	if noise > 0 {
		fmt.Fprintf(w, "  %s that everybody's files hold left out, with reasons in --json\n", words.Count(noise, "indicator"))
	}
}
