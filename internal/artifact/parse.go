package artifact

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/document"
	"clew/internal/artifact/elf"
	"clew/internal/artifact/jar"
	"clew/internal/artifact/macho"
	"clew/internal/artifact/ole"
	"clew/internal/artifact/pe"
	"clew/internal/artifact/view"
	"clew/internal/observable"
	"clew/internal/observable/extract"
)

func compareText(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if c := cmp.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}

// parse fills in what the file's own format says.
func (a *Analyzer) parse(v view.View, f *File) {
	var err error
	switch f.Type {
	case TypePE:
		if f.PE, err = pe.Read(v, a.Now); err == nil {
			a.program(f)
		}
	case TypeELF:
		if f.ELF, err = elf.Read(v); err == nil {
			f.problems(f.ELF.Problems)
		}
	case TypeMachO:
		if f.MachO, err = macho.Read(v, a.Now); err == nil {
			f.machoSigners()
		}
	case TypeJAR, TypeAPK:
		if f.JAR, err = jar.Read(v, a.Now); err == nil {
			f.jarSigners()
		}
	case TypeOLE:
		if f.OLE, err = ole.Read(v); err == nil {
			a.compound(f)
		}
	case TypeOOXML:
		f.Document, err = document.OOXML(v)
	case TypeODF:
		f.Document, err = document.ODF(v)
	case TypePDF:
		f.Document, err = document.PDF(v)
		a.read(f, v, extract.PDF, "text")
	case TypeRTF:
		f.Document, err = document.RTF(v)
	case TypeHTML:
		a.read(f, v, extract.HTML, "text")
	case TypeScript, TypeText:
		a.read(f, v, "", "text")
	default:
		if what, ok := unread[f.Type]; ok {
			f.problem("not unpacked: " + what + " is not opened, so what lies in it was not looked at")
		}
	}
	if err != nil {
		f.problem(err.Error())
	}
	if f.Document != nil {
		a.document(f)
	}
}

func (f *File) problems(list []string) {
	for _, p := range list {
		f.problem(p)
	}
}

// program takes over what a PE file says.
func (a *Analyzer) program(f *File) {
	f.Imphash = f.PE.Imphash
	f.problems(f.PE.Problems)
	// Addresses of certificate authorities are not the program's.
	f.Artifacts = slices.DeleteFunc(f.Artifacts, func(a Artifact) bool {
		return a.Offset >= f.PE.SignatureAt && a.Offset < f.PE.SignatureAt+f.PE.SignatureSize
	})
	for _, path := range f.PE.PDB {
		if value, err := observable.New(observable.PDB, path); err == nil {
			a.found(f, value, "debug directory", -1)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.PE.Version)) {
		f.property(name, f.PE.Version[name])
	}
	if !f.PE.Compiled.IsZero() {
		f.property("compiled", f.PE.Compiled.Format("2006-01-02T15:04:05Z"))
	}
	f.property("export-name", f.PE.ExportName)
	for _, s := range f.PE.Signatures {
		f.sign("authenticode", s.Verdict, s.Matches, s.Valid)
	}
}

func (f *File) sign(scheme string, v cms.Verdict, matches, valid bool) {
	s := Signer{Scheme: scheme, Valid: valid, Matches: matches, Time: v.Time, Problems: append([]string{}, v.Problems...), certificate: v.Signer}
	if v.Signer != nil {
		s.Name, s.Thumbprint, s.SHA256 = v.Signer.Name, v.Signer.SHA1, v.Signer.SHA256
		s.Serial, s.Issuer = v.Signer.Serial, v.Signer.Issuer
	}
	f.Signers = append(f.Signers, s)
}

func (f *File) machoSigners() {
	for _, part := range f.MachO {
		f.problems(part.Problems)
		if part.Signed != nil {
			f.property("identifier", part.Signed.Identifier)
			f.property("team", part.Signed.Team)
			if !part.Signed.AdHoc {
				f.sign("macho", part.Signed.Verdict, part.Signed.Matches, part.Signed.Valid)
			}
		}
	}
}

func (f *File) jarSigners() {
	f.problems(f.JAR.Problems)
	f.property("package", f.JAR.Package)
	f.property("version", f.JAR.Version)
	f.property("main-class", f.JAR.MainClass)
	f.property("created-by", f.JAR.CreatedBy)
	for _, s := range f.JAR.Signatures {
		f.sign(s.Scheme, s.Verdict, s.Matches, s.Valid)
	}
}

// compound takes over what an OLE file says; its macros are read as text.
func (a *Analyzer) compound(f *File) {
	f.problems(f.OLE.Problems)
	for _, p := range f.OLE.Properties {
		f.property(p.Name, p.Value)
	}
	for _, source := range f.OLE.Sources {
		a.readText(f, source, "macro")
	}
	for _, e := range f.OLE.Embedded {
		f.embedded = append(f.embedded, embeddedFile{e.Name, e.Data})
	}
}

// document takes over what a document says: its links are indicators too.
func (a *Analyzer) document(f *File) {
	f.problems(f.Document.Problems)
	for _, p := range f.Document.Properties {
		f.property(p.Name, p.Value)
	}
	for _, l := range f.Document.Links {
		a.readText(f, l.Target, "link "+l.Kind)
	}
	for _, script := range f.Document.Scripts {
		a.readText(f, script, "script")
	}
	a.readText(f, f.Document.Text, "text")
	for _, e := range f.Document.Embedded {
		f.embedded = append(f.embedded, embeddedFile{e.Name, e.Data})
	}
}

// read extracts indicators from a file that is text.
func (a *Analyzer) read(f *File, v view.View, as extract.Type, where string) {
	result, err := extract.Extract(v.Reader(), extract.Options{Type: as, Distinct: true})
	if err != nil {
		f.problem(err.Error())
		return
	}
	if result.Cut {
		f.problem("only the beginning of the text was read")
	}
	a.extracted(f, result, where, as != extract.PDF)
}

func (a *Analyzer) readText(f *File, text, where string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	result, err := extract.Extract(bytes.NewReader([]byte(text)), extract.Options{Type: extract.Text, Distinct: true})
	if err == nil {
		a.extracted(f, result, where, false)
	}
}

func (a *Analyzer) extracted(f *File, result extract.Result, where string, positioned bool) {
	for _, hit := range result.Found {
		switch hit.Value.Kind() {
		case observable.Domain, observable.IP, observable.URL, observable.Email, observable.Wallet, observable.UserAgent, observable.Mutex:
		default:
			continue // digests and numbers in a text are no link of the file itself
		}
		offset := int64(-1)
		if positioned {
			offset = int64(hit.Offset)
		}
		a.found(f, hit.Value, where, offset)
	}
}
