package pe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/artifact/view"
)

// askPefile prints what python3-pefile makes of each file named on its input.
const askPefile = `
import json, sys
import pefile
for line in sys.stdin:
    path = line.rstrip("\n")
    row = {"path": path}
    try:
        pe = pefile.PE(path)
        row["imphash"], row["rich"] = pe.get_imphash(), pe.get_rich_header_hash()
        row["stamp"] = pe.FILE_HEADER.TimeDateStamp
        row["sections"] = [[s.Name.rstrip(b"\0").decode("latin1"), s.get_entropy(), s.get_hash_md5()] for s in pe.sections]
        row["version"] = {}
        for info in getattr(pe, "FileInfo", []):
            for block in info:
                for table in getattr(block, "StringTable", []):
                    for k, v in table.entries.items():
                        k, v = k.decode("utf-8", "replace").strip(), v.decode("utf-8", "replace").strip()
                        if k and v: row["version"].setdefault(k, v)
        pe.close()
    except pefile.PEFormatError as e:
        row["error"] = str(e)
    except Exception as e:
        row["broke"] = repr(e)
    print(json.dumps(row))
`

type pefileRow struct {
	Path, Imphash, Rich, Error, Broke string
	Stamp                             int64
	Sections                          [][]any
	Version                           map[string]string
}

// pefile runs the oracle over paths, skipping the test where it is missing.
func pefile(t *testing.T, paths []string) []pefileRow {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import pefile").Run(); err != nil {
		t.Skip("python3-pefile is not installed")
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", askPefile)
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pefile: %v", err)
	}
	var rows []pefileRow
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var row pefileRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != len(paths) {
		t.Fatalf("pefile answered %d of %d", len(rows), len(paths))
	}
	return rows
}

func readPath(t *testing.T, path string) (*Info, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	stat, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return Read(view.New(f, stat.Size()), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
}

// agree compares our reading of each file with pefile's and returns how many
// programs both read.
func agree(t *testing.T, paths []string) int {
	t.Helper()
	both := 0
	for _, row := range pefile(t, paths) {
		info, err := readPath(t, row.Path)
		switch {
		case row.Broke != "":
			continue // pefile stumbled, which says nothing about the file
		case row.Error != "" && err != nil:
			continue
		case (row.Error != "") != (err != nil):
			t.Errorf("%s: ours %v, pefile %q", row.Path, err, row.Error)
			continue
		}
		both++
		if info.Imphash != row.Imphash {
			t.Errorf("%s: imphash %s, pefile %s", row.Path, info.Imphash, row.Imphash)
		}
		if info.RichHash != row.Rich {
			t.Errorf("%s: Rich hash %s, pefile %s", row.Path, info.RichHash, row.Rich)
		}
		if row.Stamp != 0 && info.Compiled.Unix() != row.Stamp {
			t.Errorf("%s: compiled %s, pefile %d", row.Path, info.Compiled, row.Stamp)
		}
		compareSections(t, info, row)
		if diff := cmp.Diff(row.Version, info.Version); diff != "" && len(row.Version) <= maxStrings {
			t.Errorf("%s: version (pefile -, ours +):\n%s", row.Path, diff)
		}
	}
	return both
}

func compareSections(t *testing.T, info *Info, row pefileRow) {
	t.Helper()
	if len(info.Sections) != len(row.Sections) {
		t.Errorf("%s: %d sections, pefile %d", row.Path, len(info.Sections), len(row.Sections))
		return
	}
	const empty = "d41d8cd98f00b204e9800998ecf8427e"
	for i, s := range info.Sections {
		entropy, sum := row.Sections[i][1].(float64), row.Sections[i][2].(string)
		if sum == empty || s.MD5 == "" {
			continue
		}
		if math.Abs(s.Entropy-entropy) > 1e-5 || s.MD5 != sum {
			t.Errorf("%s: section %s: entropy %f md5 %s, pefile %f %s", row.Path, s.Name, s.Entropy, s.MD5, entropy, sum)
		}
	}
}

// TestAgainstPefile builds programs of many shapes and holds every hash to
// pefile's. Further ones are taken from CLEW_PE, a folder of Windows programs.
func TestAgainstPefile(t *testing.T) {
	paths := built(t)
	if both := agree(t, paths); both < len(paths) {
		t.Errorf("%d of %d programs were read by both", both, len(paths))
	}
}

func TestAgainstPefileOnRealPrograms(t *testing.T) {
	dir := os.Getenv("CLEW_PE")
	if dir == "" {
		t.Skip("CLEW_PE names no folder of Windows programs")
	}
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && isProgram(path) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d programs of %s, %d read by both", len(paths), dir, agree(t, paths))
}

func isProgram(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // read only
	var head [2]byte
	_, err = f.Read(head[:])
	return err == nil && string(head[:]) == "MZ"
}

// built compiles programs with MinGW: by name and by ordinal, with and without
// resources, exports, sections of odd alignment, 32 and 64 bits.
func built(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, arch := range []string{"x86_64", "i686"} {
		cc, err := exec.LookPath(arch + "-w64-mingw32-gcc")
		if err != nil {
			t.Skipf("%s-w64-mingw32-gcc is not installed", arch)
		}
		for i, v := range variants {
			dir := t.TempDir()
			write := func(name, text string) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			args := []string{"-o", filepath.Join(dir, fmt.Sprintf("%s-%d.exe", arch, i)), write("a.c", v.code)}
			if v.resources != "" {
				object := filepath.Join(dir, "r.o")
				rc := exec.Command(arch+"-w64-mingw32-windres", write("r.rc", v.resources), object)
				if out, err := rc.CombinedOutput(); err != nil {
					t.Fatalf("windres: %v\n%s", err, out)
				}
				args = append(args, object)
			}
			args = append(args, v.flags...)
			if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
				t.Fatalf("%s %q: %v\n%s", cc, args, err, out)
			}
			paths = append(paths, args[1])
		}
	}
	return paths
}

var variants = []struct {
	code, resources string
	flags           []string
}{
	{code: "int main(void){return 0;}"},
	{code: "#include <winsock2.h>\nint main(void){WSADATA d;return WSAStartup(2,&d)+(int)socket(2,1,0)+(int)htons(5);}", flags: []string{"-lws2_32", "-s"}},
	{code: "#include <windows.h>\n#include <oleauto.h>\nint main(void){return SysStringLen(SysAllocString(L\"x\"));}", flags: []string{"-loleaut32"}},
	{code: "#include <windows.h>\nint WINAPI WinMain(HINSTANCE a,HINSTANCE b,LPSTR c,int d){MessageBoxA(0,c,c,0);return 0;}", flags: []string{"-mwindows", "-Wl,--file-alignment,4096"}},
	{code: "__declspec(dllexport) int evil(void){return 1;}\n__declspec(dllexport) int more(void){return 2;}", flags: []string{"-shared", "-Wl,--no-insert-timestamp"}},
	{code: "int main(void){return 0;}", resources: versionResource, flags: []string{"-Wl,--section-alignment,8192"}},
	{code: "#include <windows.h>\n#include <wininet.h>\nint main(void){return InternetOpenA(\"evil\",0,0,0,0)!=0;}", flags: []string{"-lwininet", "-Wl,--dynamicbase", "-Wl,--nxcompat"}},
	{code: "int mainCRTStartup(void){return 0;}\nint _mainCRTStartup(void){return 0;}\nvoid __main(void){}", flags: []string{"-nostdlib"}},
}

const versionResource = `
1 VERSIONINFO
FILEVERSION 1,2,3,4
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904E4"
    BEGIN
      VALUE "CompanyName", "Evil Example"
      VALUE "OriginalFilename", "evil.exe"
      VALUE "FileVersion", "1.2.3.4"
      VALUE "Empty", ""
    END
  END
  BLOCK "VarFileInfo" BEGIN VALUE "Translation", 0x409, 1252 END
END
7 RCDATA BEGIN "evil payload", 0 END
named RCDATA BEGIN 1, 2, 3 END
`
