// Package jar reads who signed an Android package or a Java archive, and what
// it is called. JAR signatures lie in META-INF, Android's newer ones in a block
// before the zip file's directory.
//
// Formats: JAR File Specification (Oracle); APK Signature Scheme v2 and v3
// (source.android.com/docs/security/features/apksigning).
package jar

import (
	"errors"
	"time"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/view"
)

// Info is what was read.
type Info struct {
	Package    string      `json:"package"` // of the Android manifest
	Version    string      `json:"version"`
	MainClass  string      `json:"main_class"`
	CreatedBy  string      `json:"created_by"`
	Signatures []Signature `json:"signatures"`
	Problems   []string    `json:"problems"`
}

// A Signature is one signer under one scheme.
type Signature struct {
	Scheme string `json:"scheme"` // jar, apk-v2, apk-v3, apk-v3.1
	cms.Verdict
	// Matches says that the file has the digest that was signed: all of it for
	// the schemes of Android, the list of entries for a JAR.
	Matches bool `json:"digest_matches"`
	Valid   bool `json:"valid"`
}

// ErrUnreadable means the file is no zip file.
var ErrUnreadable = errors.New("unreadable archive")

// Read parses v. now is when a signature without a time of its own is judged.
func Read(v view.View, now time.Time) (*Info, error) {
	info := &Info{Signatures: []Signature{}, Problems: []string{}}
	if err := info.readEntries(v, now); err != nil {
		return nil, errors.Join(ErrUnreadable, err)
	}
	info.readBlock(v)
	return info, nil
}

func (i *Info) problem(text string) {
	const most = 20
	if len(i.Problems) < most {
		i.Problems = append(i.Problems, text)
	}
}
