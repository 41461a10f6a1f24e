package account_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/totp"
	"clew/internal/sealed"
)

// enrol sets up somebody's second factor, as their app would.
func (d *desk) enrol(c account.Caller) (totp.Key, []string) {
	d.t.Helper()
	key, err := d.BeginFactor(d.t.Context(), c, good, "", d.at)
	if err != nil {
		d.t.Fatal(err)
	}
	codes, err := d.ConfirmFactor(d.t.Context(), c, d.code(key), d.at)
	if err != nil || len(codes) != 10 {
		d.t.Fatalf("%d codes, %v", len(codes), err)
	}
	return key, codes
}

// code waits for the next one and returns it.
func (d *desk) code(key totp.Key) string {
	d.now = d.now.Add(totp.Period)
	return key.Code(totp.Step(d.now))
}

// half takes the first step of a sign-in.
func (d *desk) half(name string) *account.StepError {
	d.t.Helper()
	secret, _, err := d.SignIn(d.t.Context(), name, good, d.at)
	var more *account.StepError
	if !errors.As(err, &more) || secret != "" {
		d.t.Fatalf("sign-in of %s: %q, %v; want a second step", name, secret, err)
	}
	return more
}

func TestSecondFactor(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	elsewhere, _ := d.signIn("ada")
	_, ada := d.signIn("ada")
	_, err := d.BeginFactor(ctx, ada, "another password", "", d.at)
	is(t, "without the password", err, account.ErrForbidden)
	_, err = d.ConfirmFactor(ctx, ada, "123456", d.at)
	is(t, "before it was begun", err, account.ErrNoFactor)
	key, err := d.BeginFactor(ctx, ada, good, "", d.at)
	if err != nil {
		t.Fatal(err)
	}
	d.signIn("ada") // what was not confirmed is not asked for
	_, err = d.ConfirmFactor(ctx, ada, "000000", d.at)
	is(t, "with a wrong code", err, account.ErrCode)
	first := d.code(key)
	codes, err := d.ConfirmFactor(ctx, ada, first, d.at)
	if err != nil || len(codes) != 10 {
		t.Fatalf("%v, %v", codes, err)
	}
	if d.in(elsewhere) {
		t.Error("who was signed in elsewhere without it still is")
	}

	more := d.half("ada")
	if d.in(more.Secret) {
		t.Error("the first step alone is a session")
	}
	_, _, err = d.FinishSignIn(ctx, more.Secret, first, d.at)
	is(t, "the code that set it up", err, account.ErrCode)
	code := d.code(key)
	secret, u, err := d.FinishSignIn(ctx, more.Secret, code[:3]+" "+code[3:], d.at)
	if err != nil || u.Name != "ada" || !d.in(secret) {
		t.Fatalf("%+v, %v", u, err)
	}
	_, _, err = d.FinishSignIn(ctx, more.Secret, d.code(key), d.at)
	is(t, "a first step a second time", err, account.ErrStep)
	_, _, err = d.FinishSignIn(ctx, d.half("ada").Secret, code, d.at)
	is(t, "a code a second time", err, account.ErrCode)
	late := d.half("ada")
	d.now = d.now.Add(account.HalfwayLife)
	_, _, err = d.FinishSignIn(ctx, late.Secret, d.code(key), d.at)
	is(t, "too late", err, account.ErrStep)
	_, _, err = d.FinishSignIn(ctx, "clew_hlf_", d.code(key), d.at)
	is(t, "a first step that was none", err, account.ErrStep)

	secret, _, err = d.FinishSignIn(ctx, d.half("ada").Secret, strings.ToUpper(codes[3]), d.at)
	if err != nil || !d.in(secret) {
		t.Errorf("with a code for recovery: %v", err)
	}
	_, _, err = d.FinishSignIn(ctx, d.half("ada").Secret, codes[3], d.at)
	is(t, "a code for recovery a second time", err, account.ErrCode)
	if s, err := d.FactorState(ctx, u); err != nil || !s.On || s.Codes != 9 || s.Required || s.Sealed {
		t.Errorf("state %+v, %v", s, err)
	}
	entries, _, err := d.Audit(ctx, account.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{"set up", "wrong code of the second factor", "a code for recovery was used; 9 are left", "the first step; a second is asked for", "with the second factor"} {
		found := false
		for _, e := range entries {
			found = found || e.Detail == says
		}
		if !found {
			t.Errorf("the audit does not say: %s", says)
		}
	}
	for _, e := range entries {
		for _, hush := range append([]string{key.String(), code}, codes...) {
			if strings.Contains(e.Detail, hush) {
				t.Errorf("the audit tells a secret: %s", e.Detail)
			}
		}
	}
}

// A user's own changes want a code of what is there.
func TestChangingTheSecondFactor(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	_, ada := d.signIn("ada")
	key, codes := d.enrol(ada)
	_, err := d.BeginFactor(ctx, ada, good, "", d.at)
	is(t, "another one without a code", err, account.ErrCode)
	other, err := d.BeginFactor(ctx, ada, good, d.code(key), d.at)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.FinishSignIn(ctx, d.half("ada").Secret, d.code(other), d.at)
	is(t, "one that was not confirmed", err, account.ErrCode)
	if _, err := d.ConfirmFactor(ctx, ada, d.code(other), d.at); err != nil {
		t.Fatal(err)
	}
	more := d.half("ada")
	_, _, err = d.FinishSignIn(ctx, more.Secret, d.code(key), d.at)
	is(t, "the one before", err, account.ErrCode)
	_, _, err = d.FinishSignIn(ctx, more.Secret, codes[0], d.at)
	is(t, "a code of before", err, account.ErrCode)
	fresh, err := d.NewCodes(ctx, ada, d.code(other), d.at)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "removing without a code", d.RemoveFactor(ctx, ada, good, "", d.at), account.ErrCode)
	is(t, "removing without the password", d.RemoveFactor(ctx, ada, "no", d.code(other), d.at), account.ErrForbidden)
	if err := d.RequireFactor(ctx, account.Console("root"), []account.Role{account.Admin}); err != nil {
		t.Fatal(err)
	}
	is(t, "removing what the role needs", d.RemoveFactor(ctx, ada, good, d.code(other), d.at), account.ErrForbidden)
	if err := d.RequireFactor(ctx, account.Console("root"), nil); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveFactor(ctx, ada, good, fresh[0], d.at); err != nil {
		t.Fatal(err)
	}
	d.signIn("ada")
	_, secret, err := d.MakeToken(ctx, ada, ada.User.ID, account.NewToken{Name: "t", Scopes: []account.Permission{account.Administer}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.ByToken(ctx, secret, d.at)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.BeginFactor(ctx, token, good, "", d.at)
	is(t, "by a token", err, account.ErrForbidden)
}

func TestRolesThatNeedASecondFactor(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	bob := d.add("bob", account.Analyst)
	eve := d.add("eve", account.Approver)
	_, ada := d.signIn("ada")
	of := map[string]string{}
	for _, name := range []string{"bob", "eve"} {
		of[name], _ = d.signIn(name)
	}
	need := []account.Role{account.Admin, account.Approver, account.Admin}
	is(t, "without one's own", d.RequireFactor(ctx, ada, need), account.ErrInvalid)
	is(t, "of a role that is none", d.RequireFactor(ctx, ada, []account.Role{"king"}), account.ErrInvalid)
	key, _ := d.enrol(ada)
	if err := d.RequireFactor(ctx, ada, need); err != nil {
		t.Fatal(err)
	}
	if roles, err := d.FactorRoles(ctx); err != nil || len(roles) != 2 {
		t.Errorf("%v, %v", roles, err)
	}
	if d.in(of["eve"]) || !d.in(of["bob"]) {
		t.Error("the approver goes on without, or the analyst was signed out")
	}
	more := d.half("eve")
	if !more.Enrol {
		t.Error("the approver is asked for a code that they cannot have")
	}
	_, _, err := d.FinishSignIn(ctx, more.Secret, "123456", d.at)
	is(t, "a code before there is one", err, account.ErrInvalid)
	_, _, _, err = d.ConfirmHalfway(ctx, more.Secret, "123456", d.at)
	is(t, "a code before it was begun", err, account.ErrNoFactor)
	own, u, err := d.EnrolHalfway(ctx, more.Secret, d.at)
	if err != nil || u.Name != "eve" {
		t.Fatal(u, err)
	}
	_, _, _, err = d.ConfirmHalfway(ctx, more.Secret, "000000", d.at)
	is(t, "a wrong code", err, account.ErrCode)
	secret, _, codes, err := d.ConfirmHalfway(ctx, more.Secret, d.code(own), d.at)
	if err != nil || len(codes) != 10 || !d.in(secret) {
		t.Fatalf("%v, %v", codes, err)
	}
	_, _, err = d.EnrolHalfway(ctx, more.Secret, d.at)
	is(t, "setting up a second time", err, account.ErrStep)

	// Who becomes what needs one has to set it up.
	role := account.Approver
	if _, err := d.ChangeUser(ctx, ada, bob.ID, account.UserChange{Role: &role}); err != nil {
		t.Fatal(err)
	}
	if d.in(of["bob"]) || !d.half("bob").Enrol {
		t.Error("a new approver goes on without a second factor")
	}

	// Whoever lost it comes back by an admin.
	_, err = d.ResetFactor(ctx, ada, ada.User.ID)
	is(t, "one's own", err, account.ErrForbidden)
	_, err = d.ResetFactor(ctx, ada, bob.ID)
	is(t, "one that is not there", err, account.ErrNoFactor)
	if u, err := d.ResetFactor(ctx, ada, eve.ID); err != nil || u.Factor {
		t.Errorf("%+v, %v", u, err)
	}
	if d.in(secret) || !d.half("eve").Enrol {
		t.Error("after a reset: signed in still, or not asked to set up another one")
	}
	// A link sets the password, and is no way around the second factor.
	link, _, err := d.NewLink(ctx, account.Console("root"), ada.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.Redeem(ctx, link, "", good, d.at)
	var wants *account.StepError
	if !errors.As(err, &wants) || wants.Enrol {
		t.Fatalf("by a link: %v", err)
	}
	if _, _, err = d.FinishSignIn(ctx, wants.Secret, d.code(key), d.at); err != nil {
		t.Error(err)
	}
}

// Whoever knows the password has few guesses at the code, and signing in again does
// not give more.
func TestCodesAreLimited(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	_, ada := d.signIn("ada")
	key, codes := d.enrol(ada)
	var limited *account.LimitError
	tries, lasts := 0, d.now.Add(48*time.Hour)
	for d.now.Before(lasts) {
		at := account.From{Address: "198.51.100." + string(rune('1'+tries%9)) + ":1"}
		_, _, err := d.SignIn(ctx, "ada", good, at)
		var more *account.StepError
		if !errors.As(err, &more) {
			d.now = d.now.Add(10 * time.Minute)
			continue
		}
		if _, _, err = d.FinishSignIn(ctx, more.Secret, "000000", at); errors.Is(err, account.ErrCode) {
			tries++
		} else if !errors.As(err, &limited) {
			t.Fatal(err)
		}
		d.now = d.now.Add(time.Minute)
	}
	if tries < 20 || tries > 40 {
		t.Errorf("%d guesses at a code in two days; want twenty a day", tries)
	}
	// The limit is of six digits: a code for recovery gets the owner in.
	var more *account.StepError
	for !errors.As(func() error { _, _, err := d.SignIn(ctx, "ada", good, d.at); return err }(), &more) {
		d.now = d.now.Add(15 * time.Minute)
	}
	if _, _, err := d.FinishSignIn(ctx, more.Secret, codes[0], d.at); err != nil {
		t.Errorf("with a code for recovery: %v", err)
	}
	if _, _, err := d.FinishSignIn(ctx, d.half("ada").Secret, d.code(key), d.at); err != nil {
		t.Errorf("after whoever is in takes the failures back: %v", err)
	}
}

// Of many requests with the same code one gets in.
func TestOneCodeAtOnce(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	_, ada := d.signIn("ada")
	key, _ := d.enrol(ada)
	halves := make([]*account.StepError, 4)
	for i := range halves {
		halves[i] = d.half("ada")
	}
	code := d.code(key)
	var in [4]bool
	var wait sync.WaitGroup
	for i, more := range halves {
		wait.Go(func() {
			_, _, err := d.FinishSignIn(context.WithoutCancel(ctx), more.Secret, code, d.at)
			in[i] = err == nil
		})
	}
	wait.Wait()
	n := 0
	for _, one := range in {
		if one {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d got in with one code", n)
	}
}

// With a lock nobody makes a code from what the database holds.
func TestSecondFactorsAreSealed(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	_, ada := d.signIn("ada")
	key, _ := d.enrol(ada)
	kept := func() string {
		f, err := d.store.Factor(ctx, ada.User.ID)
		if err != nil {
			t.Fatal(err)
		}
		return f.Key
	}
	if kept() != key.String() {
		t.Errorf("kept as %s", kept())
	}
	lock, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	d.Book = d.with(account.DefaultRules, cheap)
	d.SealWith(sealed.Lock{Key: lock})
	finish := func() error {
		_, _, err := d.FinishSignIn(ctx, d.half("ada").Secret, d.code(key), d.at)
		return err
	}
	if err := finish(); err != nil { // one from before
		t.Fatal(err)
	}
	if !sealed.IsSealed(kept()) || strings.Contains(kept(), key.String()) {
		t.Errorf("kept as %s", kept())
	}
	if err := finish(); err != nil {
		t.Fatal(err)
	}
	d.Book = d.with(account.DefaultRules, cheap)
	if err := finish(); err == nil || !strings.Contains(err.Error(), "accounts: key") {
		t.Errorf("without the key: %v", err)
	}
	another, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	d.SealWith(sealed.Lock{Key: another})
	if err := finish(); !errors.Is(err, sealed.ErrWrong) {
		t.Errorf("with another key: %v", err)
	}
}
