package account_test

import (
	"testing"

	"clew/internal/account"
	"clew/internal/marking"
)

const issuer = "https://login.example"

func vouch(subject, name string, role account.Role) account.Voucher {
	return account.Voucher{Issuer: issuer, Subject: subject, Name: name, Role: role, Ceiling: marking.TLPGreen}
}

// Where only who was invited may come, a provider's word brings in who is there
// already, joins who was invited, and nobody else, whatever their groups say.
func TestOnlyWhoWasInvitedMayCome(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	rules := account.DefaultRules
	rules.InvitedOnly = true
	invited := d.with(rules, cheap)
	admin := account.Console("root")
	d.add("local", account.Analyst)
	if _, _, err := d.AddUser(ctx, admin, account.NewUser{Name: "invited", Role: account.Viewer, Issuer: issuer}); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.SignInBy(ctx, vouch("1", "earlier", account.Analyst), d.at) // before the rule was made
	is(t, "while anybody of a group may come", err, nil)

	for name, c := range map[string]struct {
		voucher account.Voucher
		want    error
	}{
		"a_stranger_of_a_group":                  {vouch("2", "stranger", account.Admin), account.ErrSignIn},
		"a_stranger_of_no_group":                 {vouch("3", "nobodyhere", ""), account.ErrSignIn},
		"a_local_users_name":                     {vouch("4", "local", account.Admin), account.ErrSignIn},
		"who_came_before_the_rule":               {vouch("1", "earlier", account.Analyst), nil},
		"who_came_before_under_another_name_now": {vouch("1", "renamed", account.Analyst), nil},
	} {
		_, _, err := invited.SignInBy(ctx, c.voucher, d.at)
		is(t, name, err, c.want)
	}
	other := vouch("5", "invited", account.Admin)
	other.Issuer = "https://other.example"
	_, _, err = invited.SignInBy(ctx, other, d.at)
	is(t, "the invited name by another provider", err, account.ErrSignIn)
	_, u, err := invited.SignInBy(ctx, vouch("5", "invited", ""), d.at)
	is(t, "who was invited", err, nil)
	if u.Name != "invited" || u.Role != account.Viewer || u.Subject != "5" {
		t.Errorf("who was invited is %+v", u)
	}
	_, _, err = invited.SignInBy(ctx, vouch("6", "invited", account.Admin), d.at)
	is(t, "somebody else under the name that was invited and came", err, account.ErrSignIn)

	all, err := d.Users(ctx)
	if err != nil || len(all) != 3 {
		t.Errorf("%d users, %v; want local, invited and earlier: %+v", len(all), err, all)
	}
	refused, _, err := d.Audit(ctx, account.AuditQuery{Operation: "sign-in", Outcome: account.Refused})
	why := map[string]string{}
	for _, e := range refused {
		why[e.Actor] = e.Detail
	}
	if err != nil || len(refused) != 5 || why["stranger"] != "nobody invited this user" {
		t.Errorf("the audit says of who was refused: %+v, %v", why, err)
	}
}
