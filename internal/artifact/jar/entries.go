package jar

import (
	"crypto"
	"crypto/hmac"
	"encoding/base64"
	"io"
	"path"
	"strings"
	"time"

	"clew/internal/artifact/archive"
	"clew/internal/artifact/cms"
	"clew/internal/artifact/view"
)

// maxEntry bounds what is read of one entry; manifests are small.
const maxEntry = 16 << 20

// entries are the parts that signatures are made of, by name in upper case.
type entries struct {
	manifest []byte
	files    map[string][]byte // .SF
	blocks   map[string][]byte // .RSA, .DSA, .EC
	order    []string          // of blocks
	android  []byte
}

func (i *Info) readEntries(v view.View, now time.Time) error {
	found := entries{files: map[string][]byte{}, blocks: map[string][]byte{}}
	err := archive.Walk(v, archive.Zip, nil, func(m archive.Member) error {
		name := strings.ToUpper(m.Name)
		inMeta := path.Dir(name) == "META-INF"
		extension := path.Ext(name)
		switch {
		case m.Name == "AndroidManifest.xml" && found.android == nil:
			found.android = i.entry(m)
		case name == "META-INF/MANIFEST.MF" && found.manifest == nil:
			found.manifest = i.entry(m)
		case inMeta && extension == ".SF":
			found.files[strings.TrimSuffix(name, extension)] = i.entry(m)
		case inMeta && (extension == ".RSA" || extension == ".DSA" || extension == ".EC"):
			const most = 16
			if len(found.order) < most {
				found.blocks[name] = i.entry(m)
				found.order = append(found.order, name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range found.order {
		i.readJAR(found, name, now)
	}
	main := section(found.manifest)
	i.MainClass, i.CreatedBy = main["main-class"], main["created-by"]
	if found.android != nil {
		if i.Package, i.Version, err = manifestNames(found.android); err != nil {
			i.problem("AndroidManifest.xml: " + err.Error())
		}
	}
	return nil
}

func (i *Info) entry(m archive.Member) []byte {
	r, err := m.Open()
	if err == nil {
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(r, maxEntry)); err == nil {
			return data
		}
	}
	i.problem(m.Name + ": " + err.Error())
	return nil
}

// readJAR judges one signature block: it signs the .SF file, which holds the
// digest of the manifest, which holds those of the entries.
func (i *Info) readJAR(found entries, name string, now time.Time) {
	signed, err := cms.Parse(found.blocks[name])
	if err != nil || len(signed.Signers) == 0 {
		i.problem(name + ": no signature can be read")
		return
	}
	list := found.files[strings.TrimSuffix(name, path.Ext(name))]
	for k := range signed.Signers {
		s := Signature{Scheme: "jar", Verdict: signed.Verify(k, list, cms.AnyUse, now)}
		s.Matches = manifestMatches(list, found.manifest)
		if !s.Matches {
			s.Problems = append(s.Problems, "the manifest was changed after it was signed")
		}
		s.Valid = s.Authentic && s.Matches && len(s.Problems) == 0
		i.Signatures = append(i.Signatures, s)
	}
}

// manifestMatches checks the digest of the whole manifest, of whichever hash
// the .SF file names.
func manifestMatches(list, manifest []byte) bool {
	main := section(list)
	for name, hash := range map[string]crypto.Hash{
		"sha-512-digest-manifest": crypto.SHA512, "sha-384-digest-manifest": crypto.SHA384, "sha-256-digest-manifest": crypto.SHA256,
		"sha1-digest-manifest": crypto.SHA1, "sha-1-digest-manifest": crypto.SHA1, "md5-digest-manifest": crypto.MD5,
	} {
		want, err := base64.StdEncoding.DecodeString(main[name])
		if main[name] == "" || err != nil {
			continue
		}
		h := hash.New()
		h.Write(manifest)
		return hmac.Equal(h.Sum(nil), want)
	}
	return false
}

// section reads the first section of a manifest, names in lower case.
func section(manifest []byte) map[string]string {
	values := map[string]string{}
	text := strings.ReplaceAll(string(manifest[:min(len(manifest), 1<<20)]), "\r\n", "\n")
	head, _, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(strings.ReplaceAll(head, "\n ", "")) { // a blank continues the line above
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			values[strings.ToLower(name)] = strings.TrimSpace(value)
		}
	}
	return values
}
