package artifact

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/artifact/artifacttest"
	"clew/internal/artifact/view"
)

// mimeTypes says what our types are called by file(1), for those that it tells
// apart by the same marks. What it calls text it guesses the language of, as we
// guess scripts: there only text or no text is compared.
var mimeTypes = map[string][]Type{
	"application/vnd.microsoft.portable-executable": {TypePE},
	"application/x-executable":                      {TypeELF},
	"application/x-pie-executable":                  {TypeELF},
	"application/x-sharedlib":                       {TypeELF},
	"application/x-object":                          {TypeELF},
	"application/x-mach-binary":                     {TypeMachO},
	"application/zip":                               {"zip", TypeJAR, TypeAPK, TypeOOXML, TypeODF},
	"application/java-archive":                      {TypeJAR},
	"application/x-7z-compressed":                   {"7z"},
	"application/x-tar":                             {"tar"},
	"application/gzip":                              {"gzip"},
	"application/x-bzip2":                           {"bzip2"},
	"application/x-xz":                              {"xz"},
	"application/zstd":                              {"zstd"},
	"application/pdf":                               {TypePDF},
	"application/vnd.ms-cab-compressed":             {typeCabinet},
	"application/x-iso9660-image":                   {typeDisc},
	"application/x-archive":                         {typeAr, TypeText}, // of text, or of nothing
	"application/vnd.debian.binary-package":         {typeAr},
	"application/x-cpio":                            {typeCPIO},
	"application/x-lz4":                             {typeLZ4},
	"application/x-lzma":                            {typeLZMA},
	"application/x-lzip":                            {typeLzip},
	"application/x-rar":                             {typeRAR},
	"application/x-rpm":                             {typeRPM},
	"application/x-ole-storage":                     {TypeOLE},
	"application/vnd.ms-office":                     {TypeOLE},
	"inode/x-empty":                                 {TypeEmpty},
	"text/rtf":                                      {TypeRTF},
	"text/plain":                                    {TypeText, TypeScript},
	"text/x-shellscript":                            {TypeText, TypeScript},
	"text/x-script.python":                          {TypeText, TypeScript},
	"text/x-c":                                      {TypeText, TypeScript},
	"text/x-perl":                                   {TypeText, TypeScript},
	// Other data has names of its own there and none here.
	"application/octet-stream":                {TypeData, TypeText, typeARJ},
	"application/x-gettext-translation":       {TypeData},
	"application/x-bytecode.python":           {TypeData},
	"application/x-java-applet":               {TypeData},
	"application/vnd.sqlite3":                 {TypeData},
	"application/x-terminfo":                  {TypeData},
	"application/x-terminfo2":                 {TypeData},
	"image/png":                               {TypeData},
	"image/jpeg":                              {TypeData},
	"image/gif":                               {TypeData},
	"font/sfnt":                               {TypeData},
	"application/x-ms-ne-executable":          {TypeData},
	"application/vnd.android.package-archive": {TypeAPK},
}

// typesOf asks file(1) for many files at once.
func typesOf(t *testing.T, paths []string) map[string]string {
	t.Helper()
	if _, err := exec.LookPath("file"); err != nil {
		t.Skip("file is not installed: make deps")
	}
	cmd := exec.Command("file", "--brief", "--mime-type", "--files-from", "-")
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(said) != len(paths) {
		t.Fatalf("file answered %d of %d", len(said), len(paths))
	}
	all := map[string]string{}
	for i, path := range paths {
		all[path] = said[i]
	}
	return all
}

func typeOfPath(t *testing.T, path string) Type {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return typeOf(view.New(f, info.Size()))
}

// TestTypesAreThoseOfFile compares types with file(1) over files of this machine.
func TestTypesAreThoseOfFile(t *testing.T) {
	var paths []string
	for _, root := range []string{"/usr/bin", "/usr/lib", "/usr/share"} {
		ofType := map[string]int{} // a few of each ending, and of none
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.ContainsAny(path, "\n") {
				return nil //nolint:nilerr // what may not be read is not compared
			}
			most := 12
			if filepath.Ext(path) == "" {
				most = 120
			}
			if ofType[filepath.Ext(path)]++; ofType[filepath.Ext(path)] <= most && len(paths) < 1500 {
				if f, err := os.Open(path); err == nil {
					paths = append(paths, path)
					return f.Close()
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	compared := map[string]int{}
	for path, mime := range typesOf(t, paths) {
		want, known := mimeTypes[mime]
		if !known {
			continue
		}
		compared[mime]++
		if got := typeOfPath(t, path); !slices.Contains(want, got) {
			t.Errorf("%s: %s, file says %s", path, got, mime)
		}
	}
	t.Logf("%d files: %v", len(paths), compared)
	if len(compared) < 5 {
		t.Errorf("only %d types were met: the test compares too little", len(compared))
	}
}

// TestContainersNotOpenedAreSaid packs a program by tools whose formats are not
// read: each is named, and that nothing in it was looked at is a problem.
func TestContainersNotOpenedAreSaid(t *testing.T) {
	program, err := filepath.Abs("pe/testdata/plain.exe")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		kind Type
		make []string
	}{
		"cabinet":  {typeCabinet, []string{"gcab", "-c", "out", "a.exe"}},
		"iso":      {typeDisc, []string{"genisoimage", "-quiet", "-o", "out", "a.exe"}},
		"ar":       {typeAr, []string{"ar", "rc", "out", "a.exe"}},
		"cpio":     {typeCPIO, []string{"sh", "-c", "echo a.exe | cpio --quiet -o -H newc >out"}},
		"lz4":      {typeLZ4, []string{"lz4", "-q", "a.exe", "out"}},
		"lzma":     {typeLZMA, []string{"sh", "-c", "xz --format=lzma -c a.exe >out"}},
		"rar":      {typeRAR, []string{"printf", `Rar!\032\007\001\000\063\222`}},
		"squashfs": {typeDisk, []string{"printf", `hsqs\001\000\000\000`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			data, err := os.ReadFile(program)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "a.exe"), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, "out")
			if name == "cpio" {
				artifacttest.Run(t, dir, "cpio", "--version") // the shell would not say that it is missing
			}
			said := artifacttest.Run(t, dir, tt.make[0], tt.make[1:]...)
			if tt.make[0] == "printf" {
				if err := os.WriteFile(out, []byte(said), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var file *File
			err = (&Analyzer{}).Walk(t.Context(), []string{out}, func(o Outcome) error {
				file = o.Files[0]
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if file.Type != tt.kind || !strings.Contains(strings.Join(file.Problems, "\n"), "not unpacked: "+unread[tt.kind]) {
				t.Errorf("type %s, problems %q", file.Type, file.Problems)
			}
		})
	}
}
