package server

import (
	"sync"

	"clew/internal/investigation"
)

// A shelf lends the opened data directory to whoever needs the corpus. One
// process at a time may have the corpus open, so it is open only while somebody
// uses it: between two requests an import of the command line gets its turn.
type shelf struct {
	core Core

	mu    sync.Mutex
	open  *investigation.Workspace // guarded by mu, nil when nobody has it
	users int                      // guarded by mu
}

// lend returns the workspace, shared with others, and how to give it back.
func (s *shelf) lend() (w *investigation.Workspace, giveBack func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		if s.open, err = s.core.Open(investigation.Needs{Corpus: true, Cases: true}); err != nil {
			s.open = nil
			return nil, nil, err
		}
	}
	s.users++
	return s.open, sync.OnceFunc(s.giveBack), nil
}

func (s *shelf) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	_ = s.open.Close() // what matters was acknowledged before
	s.open = nil
}
