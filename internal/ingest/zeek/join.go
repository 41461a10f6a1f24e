package zeek

// maxJoined bounds the files that are remembered: some 100 MB.
const maxJoined = 500_000

// join remembers the digests of files by the identifier Zeek gave them, across
// the logs of one import. Of more than maxJoined the oldest half is forgotten.
type join struct {
	young, old map[string]digests
}

type digests struct{ sha256, sha1 string }

func newJoin() *join { return &join{young: map[string]digests{}} }

func (j *join) note(fuid, sha256, sha1 string) {
	if fuid == "" || sha256 == "" && sha1 == "" {
		return
	}
	if len(j.young) >= maxJoined/2 {
		j.old, j.young = j.young, map[string]digests{}
	}
	j.young[fuid] = digests{sha256, sha1}
}

// digests returns what files.log said of a file, "" for what it did not.
func (j *join) digests(fuid string) (sha256, sha1 string) {
	d, ok := j.young[fuid]
	if !ok {
		d = j.old[fuid]
	}
	return d.sha256, d.sha1
}
