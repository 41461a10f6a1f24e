package pivot

import (
	"cmp"
	"context"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// identities lets the engine see one file where a corpus holds several digests
// of it: sources name files by md5, sha1 or sha256, and facts gathered under
// one are facts of the file. Which digests belong together is what the
// relation digest says.
//
// A digest that two files of one length share, an md5 made to collide, names
// neither of them: it stays a value of its own.
type identities struct {
	Corpus
	seeds  []observable.Value
	groups map[observable.Value][]observable.Value // what was worked out since the last gathering
	some   func(context.Context) (bool, error)     // whether the corpus knows any file by two digests
}

// Bounds of one file's names. A file has at most one digest of each length.
const (
	maxNames    = 8
	maxOwners   = 16
	exactShared = 512 // holders up to this are counted by file, above it by digest
)

func newIdentities(c Corpus, seeds []observable.Value) *identities {
	i := &identities{Corpus: c, seeds: seeds}
	i.forget()
	return i
}

// forget drops what was worked out, after the corpus has changed.
func (i *identities) forget() {
	i.groups = map[observable.Value][]observable.Value{}
	asked, some := false, false
	i.some = func(ctx context.Context) (bool, error) {
		if asked {
			return some, nil
		}
		population, err := i.Corpus.Population(ctx, observation.Digest)
		asked, some = err == nil, population.Links > 0
		return some, err
	}
}

// names lists all digests of the file that v is one of, the best known first.
// For every other value it is v alone.
func (i *identities) names(ctx context.Context, v observable.Value) ([]observable.Value, error) {
	if v.Kind() != observable.File {
		return []observable.Value{v}, nil
	}
	if known, ok := i.groups[v]; ok {
		return known, nil
	}
	some, err := i.some(ctx)
	if err != nil || !some {
		return []observable.Value{v}, err
	}
	group, err := i.gathered(ctx, v)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(group, func(a, b observable.Value) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Compare(b))
	})
	for _, name := range group {
		i.groups[name] = group
	}
	return group, nil
}

// rank orders digests by how many name files by them; sha256 comes first.
func rank(v observable.Value) int {
	const sha256Digits = 64
	if n := len(v.Text()); n != sha256Digits {
		return 1000 - n
	}
	return 0
}

// gathered follows the relation both ways from v.
func (i *identities) gathered(ctx context.Context, v observable.Value) ([]observable.Value, error) {
	group := []observable.Value{}
	for queue := []observable.Value{v}; len(queue) > 0 && len(group) < maxNames; {
		name := queue[0]
		queue = queue[1:]
		if slices.Contains(group, name) {
			continue
		}
		owners, _, err := i.Corpus.Subjects(ctx, observation.Digest, name, maxOwners)
		if err != nil {
			return nil, err
		}
		if ambiguous(owners) {
			if name == v {
				return []observable.Value{v}, nil
			}
			continue
		}
		owned, _, err := i.Corpus.Objects(ctx, name, maxOwners, observation.Digest)
		if err != nil {
			return nil, err
		}
		group = append(group, name)
		for _, link := range owners {
			queue = append(queue, link.Subject)
		}
		for _, link := range owned {
			queue = append(queue, link.Object)
		}
	}
	return group, nil
}

// ambiguous reports whether two digests of one length claim the same weaker one.
func ambiguous(owners []corpus.Link) bool {
	lengths := map[int]bool{}
	for _, link := range owners {
		n := len(link.Subject.Text())
		if lengths[n] {
			return true
		}
		lengths[n] = true
	}
	return false
}

// canonical returns by which digest a file is known in this run: the seed's
// own, else the best.
func (i *identities) canonical(ctx context.Context, v observable.Value) (observable.Value, error) {
	names, err := i.names(ctx, v)
	if err != nil || len(names) == 1 {
		return v, err
	}
	for _, name := range names {
		if slices.Contains(i.seeds, name) {
			return name, nil
		}
	}
	return names[0], nil
}

// Objects implements Corpus: the facts of all digests of subject.
func (i *identities) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	if some, err := i.some(ctx); err != nil || !some {
		return i.either(err, func() ([]corpus.Link, bool, error) { return i.Corpus.Objects(ctx, subject, limit, relations...) })
	}
	names, err := i.names(ctx, subject)
	if err != nil {
		return nil, false, err
	}
	var all []corpus.Link
	more := false
	for _, name := range names {
		links, cut, err := i.Corpus.Objects(ctx, name, limit, relations...)
		if err != nil {
			return nil, false, err
		}
		more = more || cut
		all = append(all, links...)
	}
	stated := digests(subject, names, all)
	all = slices.DeleteFunc(all, func(l corpus.Link) bool { return l.Relation == observation.Digest })
	for n := range all {
		all[n].Subject = subject
	}
	all, err = i.merged(ctx, append(all, stated...), subject)
	return all, more, err
}

// either hands on an error, or asks the corpus as it is.
func (*identities) either(err error, ask func() ([]corpus.Link, bool, error)) ([]corpus.Link, bool, error) {
	if err != nil {
		return nil, false, err
	}
	return ask()
}

// digests states every other name of subject, whichever of them said so.
func digests(subject observable.Value, names []observable.Value, links []corpus.Link) []corpus.Link {
	var said corpus.Link
	found := false
	for _, l := range links {
		if l.Relation == observation.Digest {
			said.Sources, said.Window, found = union(said.Sources, l.Sources), said.Window.Union(l.Window), true
		}
	}
	var all []corpus.Link
	for _, name := range names {
		if found && name != subject {
			all = append(all, corpus.Link{
				Subject: subject, Relation: observation.Digest, Object: name, Window: said.Window, Count: 1, Sources: said.Sources,
			})
		}
	}
	return all
}

// Subjects implements Corpus: files that hold object under whichever digest,
// each once. Nobody shares a digest, so under that relation there is none.
func (i *identities) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	if relation == observation.Digest {
		return nil, false, nil
	}
	if some, err := i.some(ctx); err != nil || !some {
		return i.either(err, func() ([]corpus.Link, bool, error) { return i.Corpus.Subjects(ctx, relation, object, limit) })
	}
	names, err := i.names(ctx, object)
	if err != nil {
		return nil, false, err
	}
	var all []corpus.Link
	more := false
	for _, name := range names {
		links, cut, err := i.Corpus.Subjects(ctx, relation, name, limit)
		if err != nil {
			return nil, false, err
		}
		more = more || cut
		for _, link := range links {
			link.Object = object
			all = append(all, link)
		}
	}
	all, err = i.merged(ctx, all, object)
	return all, more, err
}

// Holders implements Corpus: files are counted once, as long as they are few.
func (i *identities) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error) {
	if relation == observation.Digest {
		return corpus.Count{}, nil
	}
	some, err := i.some(ctx)
	if err != nil {
		return corpus.Count{}, err
	}
	if !some || !slices.Contains(relation.Subjects(), observable.File) {
		return i.Corpus.Holders(ctx, relation, object, limit)
	}
	names, err := i.names(ctx, object)
	if err != nil {
		return corpus.Count{}, err
	}
	var total corpus.Count
	for _, name := range names {
		count, err := i.Corpus.Holders(ctx, relation, name, limit)
		if err != nil {
			return corpus.Count{}, err
		}
		total.N += count.N
		total.Estimate = total.Estimate || count.Estimate
	}
	if total.N < 2 || total.N > exactShared {
		return total, nil
	}
	links, _, err := i.Subjects(ctx, relation, object, exactShared)
	return corpus.Count{N: uint64(len(links))}, err
}

// merged puts each file in its canonical digest and joins the links that then
// say the same, in the order of keys. The value that was asked about stays as
// it was asked.
func (i *identities) merged(ctx context.Context, links []corpus.Link, asked observable.Value) ([]corpus.Link, error) {
	for n := range links {
		l := &links[n]
		if l.Relation == observation.Digest {
			continue
		}
		for _, side := range []*observable.Value{&l.Subject, &l.Object} {
			if *side == asked {
				continue
			}
			v, err := i.canonical(ctx, *side)
			if err != nil {
				return nil, err
			}
			*side = v
		}
	}
	slices.SortStableFunc(links, func(a, b corpus.Link) int {
		return cmp.Or(a.Subject.Compare(b.Subject), cmp.Compare(a.Relation, b.Relation), a.Object.Compare(b.Object))
	})
	out := links[:0]
	for _, l := range links {
		if last := len(out) - 1; last >= 0 && out[last].Subject == l.Subject && out[last].Relation == l.Relation && out[last].Object == l.Object {
			out[last] = joinedLinks(out[last], l)
			continue
		}
		if l.Subject == l.Object {
			continue // a file that drops itself under another digest
		}
		out = append(out, l)
	}
	return out, nil
}

func joinedLinks(a, b corpus.Link) corpus.Link {
	a.Window = a.Window.Union(b.Window)
	a.Count += b.Count
	a.Sources, a.Evidence = union(a.Sources, b.Sources), union(a.Evidence, b.Evidence)
	a.Evidence = a.Evidence[:min(len(a.Evidence), corpus.MaxEvidence)]
	return a
}
