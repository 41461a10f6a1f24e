package jar

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"clew/internal/artifact/artifacttest"
	"clew/internal/artifact/view"
)

var now = time.Now().Add(time.Hour) // keys are made after this

func viewOf(data []byte) view.View { return view.New(bytes.NewReader(data), int64(len(data))) }

// binaryManifest is Android's binary XML with a package and a version name.
func binaryManifest(utf8 bool) []byte {
	le := binary.LittleEndian
	names := []string{"manifest", "package", "com.evil.example", "versionName", "1.2"}
	var offsets, data []byte
	for _, s := range names {
		offsets = le.AppendUint32(offsets, uint32(len(data)))
		if utf8 {
			data = append(append(append(data, byte(len(s)), byte(len(s))), s...), 0)
			continue
		}
		data = le.AppendUint16(data, uint16(len(s)))
		for _, u := range utf16.Encode([]rune(s + "\x00")) {
			data = le.AppendUint16(data, u)
		}
	}
	pool := make([]byte, 28)
	le.PutUint16(pool, chunkStrings)
	le.PutUint16(pool[2:], 28)
	le.PutUint32(pool[4:], uint32(28+len(offsets)+len(data)))
	le.PutUint32(pool[8:], uint32(len(names)))
	if utf8 {
		le.PutUint32(pool[16:], flagUTF8)
	}
	le.PutUint32(pool[20:], uint32(28+len(offsets)))
	pool = append(append(pool, offsets...), data...)
	element := make([]byte, 36)
	le.PutUint16(element, chunkElement)
	le.PutUint16(element[2:], 16)
	le.PutUint32(element[4:], 36+2*20)
	le.PutUint16(element[24:], 20)
	le.PutUint16(element[26:], 20)
	le.PutUint16(element[28:], 2)
	for _, pair := range [][2]uint32{{1, 2}, {3, 4}} {
		attribute := make([]byte, 20)
		le.PutUint32(attribute[4:], pair[0])
		le.PutUint32(attribute[8:], pair[1])
		attribute[15] = typeString
		le.PutUint32(attribute[16:], pair[1])
		element = append(element, attribute...)
	}
	head := make([]byte, 8)
	le.PutUint16(head, chunkXML)
	le.PutUint16(head[2:], 8)
	le.PutUint32(head[4:], uint32(8+len(pool)+len(element)))
	return append(append(head, pool...), element...)
}

func TestManifest(t *testing.T) {
	for _, utf8 := range []bool{true, false} {
		pkg, version, err := manifestNames(binaryManifest(utf8))
		if err != nil || pkg != "com.evil.example" || version != "1.2" {
			t.Errorf("utf8 %v: %q %q %v", utf8, pkg, version, err)
		}
	}
	if pkg, _, err := manifestNames([]byte(`<manifest package="com.text.example"/>`)); err != nil || pkg != "com.text.example" {
		t.Errorf("%q %v", pkg, err)
	}
}

// signing makes a folder with an unsigned archive and a key.
func signing(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, data := range map[string]string{
		"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\nMain-Class: evil.example.Main\r\nCreated-By: 17 (Evil)\r\n\r\n",
		"AndroidManifest.xml":  string(binaryManifest(true)), "classes.dex": strings.Repeat("code", 1<<19),
	} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.apk"), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	artifacttest.Run(t, dir, "keytool", "-genkeypair", "-keystore", "k.jks", "-storepass", "changeit", "-keypass", "changeit", "-alias", "evil",
		"-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=Evil Android, O=Evil Example", "-validity", "1000", "-storetype", "JKS")
	return dir
}

func read(t *testing.T, path string) *Info {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := Read(viewOf(data), now)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestAgainstApksigner signs with every scheme and compares certificates.
func TestAgainstApksigner(t *testing.T) {
	if _, err := exec.LookPath("apksigner"); err != nil {
		t.Skip("apksigner is not installed")
	}
	dir := signing(t)
	artifacttest.Run(t, dir, "apksigner", "sign", "--ks", "k.jks", "--ks-pass", "pass:changeit", "--min-sdk-version", "21",
		"--v1-signing-enabled", "true", "--v2-signing-enabled", "true", "--v3-signing-enabled", "true", "--out", "signed.apk", "a.apk")
	said := artifacttest.Run(t, dir, "apksigner", "verify", "--min-sdk-version", "21", "--print-certs", "-v", "signed.apk")
	want := regexp.MustCompile(`certificate SHA-256 digest: ([0-9a-f]{64})`).FindStringSubmatch(said)
	if want == nil {
		t.Fatalf("apksigner said\n%s", said)
	}
	info := read(t, filepath.Join(dir, "signed.apk"))
	if info.Package != "com.evil.example" || info.MainClass != "evil.example.Main" {
		t.Errorf("%+v", info)
	}
	schemes := map[string]bool{}
	for _, s := range info.Signatures {
		schemes[s.Scheme] = true
		if !s.Valid || s.Signer == nil || s.Signer.SHA256 != want[1] || s.Signer.Name != "Evil Android" {
			t.Errorf("%s: %+v; apksigner has %s", s.Scheme, s, want[1])
		}
	}
	if !schemes["jar"] || !schemes["apk-v2"] || !schemes["apk-v3"] {
		t.Errorf("schemes %v", schemes)
	}

	data, err := os.ReadFile(filepath.Join(dir, "signed.apk"))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(data)
	changed[bytes.Index(changed, []byte("PK\x03\x04"))+10] ^= 1 // a time in the first entry
	tampered, err := Read(viewOf(changed), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range tampered.Signatures {
		if s.Scheme != "jar" && (s.Valid || s.Matches) {
			t.Errorf("%s did not notice a change", s.Scheme)
		}
	}
}

func TestAgainstJarsigner(t *testing.T) {
	dir := signing(t)
	artifacttest.Run(t, dir, "jarsigner", "-keystore", "k.jks", "-storepass", "changeit", "a.apk", "evil")
	if said := artifacttest.Run(t, dir, "jarsigner", "-verify", "a.apk"); !strings.Contains(said, "jar verified") {
		t.Fatal(said)
	}
	info := read(t, filepath.Join(dir, "a.apk"))
	if len(info.Signatures) != 1 || !info.Signatures[0].Valid || info.Signatures[0].Signer.Name != "Evil Android" {
		t.Errorf("%+v", info)
	}
}

func FuzzRead(f *testing.F) {
	for _, path := range []string{"testdata/v1v2v3.apk"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = Read(viewOf(data), now)
	})
}

func FuzzManifest(f *testing.F) {
	f.Add(binaryManifest(true))
	f.Add(binaryManifest(false))
	f.Fuzz(func(t *testing.T, data []byte) {
		if pkg, _, err := manifestNames(data); err == nil && len(pkg) > len(data)*3+1024 {
			t.Errorf("a name of %d bytes out of %d", len(pkg), len(data))
		}
	})
}
