package fetch

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"
)

// State keeps what must outlive a run and be shared by those that run at the
// same time. Engines are in the folders below; without one, a client keeps it in
// memory. An error of it keeps requests from being sent: what cannot be counted
// is not asked.
//
// All that share a state go by one clock, and every time in it is by that: their
// machine's, or where they are on several, the state's own.
type State interface {
	// Update lets change work on an account, an empty one at first, and keeps what
	// it made of it, unless change returns an error. Nobody else sees or changes
	// the account in between, in this process or another. skew is what [State.Skew]
	// returns, as of now.
	Update(ctx context.Context, account string, change func(a *Account, skew time.Duration) error) error
	// Accounts returns all accounts by name.
	Accounts(ctx context.Context) (map[string]Account, error)
	// Skew is how far the clock that all go by is ahead of this machine's, 0 where it
	// is this machine's.
	Skew(ctx context.Context) (time.Duration, error)

	// Reply returns the reply kept under key, and whether there is one.
	Reply(ctx context.Context, key string) (Kept, bool, error)
	// KeepReply keeps a reply under key in place of any other.
	KeepReply(ctx context.Context, key string, k Kept) error
	// ForgetReply forgets the reply kept under key, if there is one.
	ForgetReply(ctx context.Context, key string) error
	// ForgetReplies forgets all that were fresh until before.
	ForgetReplies(ctx context.Context, before time.Time) error
	// BodiesNeeded returns the digests of the bodies that the replies need.
	BodiesNeeded(ctx context.Context) (map[string]bool, error)
}

// Kept is a reply in the index of the cache. Neither it nor its key tells what
// was asked.
type Kept struct {
	Status int         `json:"status"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body"`  // digest
	At     time.Time   `json:"at"`    // when it was received
	Until  time.Time   `json:"until"` // fresh until then
}

// memory is the state of a client that was given none.
type memory struct {
	mu       sync.Mutex
	accounts map[string][]byte // guarded by mu; encoded, so that nobody holds on to a part of one
	replies  map[string]Kept   // guarded by mu
}

// NewMemory returns a state that ends with the process.
func NewMemory() State {
	return &memory{accounts: map[string][]byte{}, replies: map[string]Kept{}}
}

func (m *memory) Update(ctx context.Context, account string, change func(*Account, time.Duration) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	var a Account
	if text, ok := m.accounts[account]; ok {
		if err := json.Unmarshal(text, &a); err != nil {
			return err
		}
	}
	if err := change(&a, 0); err != nil {
		return err
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	m.accounts[account] = text
	return nil
}

func (m *memory) Accounts(context.Context) (map[string]Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]Account{}
	for name, text := range m.accounts {
		var a Account
		if err := json.Unmarshal(text, &a); err != nil {
			return nil, err
		}
		all[name] = a
	}
	return all, nil
}

func (m *memory) Skew(context.Context) (time.Duration, error) { return 0, nil }

func (m *memory) Reply(_ context.Context, key string) (Kept, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.replies[key]
	return k, ok, nil
}

func (m *memory) KeepReply(_ context.Context, key string, k Kept) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replies[key] = k
	return nil
}

func (m *memory) ForgetReply(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.replies, key)
	return nil
}

func (m *memory) ForgetReplies(_ context.Context, before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.replies, func(_ string, k Kept) bool { return k.Until.Before(before) })
	return nil
}

func (m *memory) BodiesNeeded(context.Context) (map[string]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	needed := map[string]bool{}
	for _, k := range m.replies {
		needed[k.Body] = true
	}
	return needed, nil
}
