package reference_test

import (
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
)

func load(t testing.TB) *reference.Set {
	t.Helper()
	s, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMatch(t *testing.T) {
	s := load(t)
	tests := map[string]struct {
		relation observation.Relation
		kind     observable.Kind
		value    string
		want     string // list, "" for none
	}{
		"cloudflare_edge":                        {observation.ResolvesTo, observable.IP, "188.114.96.3", "cdn-ranges"},
		"cloudflare_edge_by_ipv6":                {observation.ResolvesTo, observable.IP, "2606:4700::1", "cdn-ranges"},
		"mapped_address_is_the_ipv4_one":         {observation.ResolvesTo, observable.IP, "::ffff:104.16.1.1", "cdn-ranges"},
		"prefix_inside_a_range":                  {observation.InPrefix, observable.Prefix, "104.16.1.0/24", "cdn-ranges"},
		"prefix_wider_than_a_range_is_not_meant": {observation.InPrefix, observable.Prefix, "104.0.0.0/8", ""},
		"resolver_as_an_address":                 {observation.ResolvesTo, observable.IP, "1.1.1.1", "public-resolvers"},
		"loopback":                               {observation.ResolvesTo, observable.IP, "127.0.0.1", "special-addresses"},
		"rented_server_stays_a_pivot":            {observation.ResolvesTo, observable.IP, "49.12.1.1", ""},
		"documentation_range_stays_a_pivot":      {observation.ResolvesTo, observable.IP, "203.0.113.7", ""},
		"parking_address":                        {observation.ResolvesTo, observable.IP, "91.195.240.94", "parking-addresses"},
		"sinkhole_address":                       {observation.ResolvesTo, observable.IP, "148.81.111.111", "sinkhole-addresses"},
		"parking_name_server":                    {observation.Nameserver, observable.Domain, "ns1.sedoparking.com", "parking-nameservers"},
		"case_and_trailing_dot_do_not_matter":    {observation.Nameserver, observable.Domain, "NS1.SedoParking.com.", "parking-nameservers"},
		"sinkhole_name_server":                   {observation.Nameserver, observable.Domain, "ns2.microsoftinternetsafety.net", "sinkhole-nameservers"},
		"numbered_provider_host":                 {observation.Nameserver, observable.Domain, "ns-1.awsdns-22.co.uk", "provider-nameservers"},
		"look_alike_of_a_provider":               {observation.Nameserver, observable.Domain, "ns1.notdomaincontrol.com", ""},
		"provider_as_name_server_domain":         {observation.NSDomain, observable.Domain, "domaincontrol.com", "provider-nameservers"},
		"own_name_server":                        {observation.Nameserver, observable.Domain, "ns1.evil.example", ""},
		"set_of_provider_hosts":                  {observation.NSSet, observable.Text, "amos.ns.cloudflare.com|teresa.ns.cloudflare.com", "provider-nameservers"},
		"set_with_one_own_host":                  {observation.NSSet, observable.Text, "amos.ns.cloudflare.com|ns1.evil.example", ""},
		"address_is_not_asked_of_name_servers":   {observation.Nameserver, observable.Domain, "google.example", ""},
		"privacy_wording":                        {observation.RegistrantName, observable.Person, "REDACTED FOR PRIVACY", "privacy-phrases"},
		"privacy_wording_inside_a_sentence":      {observation.RegistrantOrg, observable.Org, "Privacy service provided by Withheld for Privacy ehf", "privacy-phrases"},
		"privacy_company":                        {observation.RegistrantOrg, observable.Org, "Domains By Proxy, LLC", "privacy-phrases"},
		"privacy_in_japanese":                    {observation.RegistrantName, observable.Person, "Whois情報公開代行サービス", "privacy-phrases"},
		"placeholder_name":                       {observation.RegistrantName, observable.Person, "Domain Administrator", "meaningless-names"},
		"no_name_at_all":                         {observation.RegistrantName, observable.Person, "-", "meaningless-names"},
		"real_name":                              {observation.RegistrantName, observable.Person, "Ivan Example", ""},
		"privacy_mailbox":                        {observation.RegistrantEmail, observable.Email, "0a1b2c@withheldforprivacy.com", "privacy-emails"},
		"abuse_desk":                             {observation.RegistrantEmail, observable.Email, "abuse@registrar.example", "contact-mailboxes"},
		"own_mailbox_at_a_free_provider":         {observation.RegistrantEmail, observable.Email, "ivan@gmail.com", ""},
		"privacy_phone":                          {observation.RegistrantPhone, observable.Phone, "+14806242599", "privacy-phones"},
		"registrar":                              {observation.RegistrarOf, observable.Registrar, "GoDaddy.com, LLC", "registrars"},
		"registrar_under_a_trading_name":         {observation.RegistrarOf, observable.Registrar, "PDR Ltd. d/b/a PublicDomainRegistry.com", "registrars"},
		"dynamic_dns_suffix":                     {observation.SubdomainOf, observable.Domain, "duckdns.org", "dynamic-dns"},
		"name_of_one_customer":                   {observation.SubdomainOf, observable.Domain, "evil.duckdns.org", ""},
		"redirect_to_one_customer":               {observation.RedirectsTo, observable.Domain, "evil.pages.dev", ""},
		"free_hosting_suffix":                    {observation.SubdomainOf, observable.Domain, "github.io", "free-hosting"},
		"cdn_alias":                              {observation.CNAME, observable.Domain, "d111111abcdef8.cloudfront.net", "cdn-names"},
		"mail_exchanger_of_google":               {observation.MX, observable.Domain, "aspmx.l.google.com", "shared-mail"},
		"mail_exchanger_with_customer_number":    {observation.MX, observable.Domain, "mx0a-00000001.pphosted.com", ""},
		"spf_of_everybody":                       {observation.TXT, observable.Text, "v=spf1 include:_spf.google.com ~all", "txt-records"},
		"verification_token":                     {observation.TXT, observable.Text, "google-site-verification=AbC123", ""},
		"empty_body_sha256":                      {observation.BodyHash, observable.BodyHash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "default-pages"},
		"empty_body_md5":                         {observation.BodyHash, observable.BodyHash, "d41d8cd98f00b204e9800998ecf8427e", "default-pages"},
		"import_hash_of_dotnet":                  {observation.Imphash, observable.Imphash, "f34d5f2d4577ed6d9ceec516c1f5a744", "shared-hashes"},
		"import_hash_of_nothing":                 {observation.Imphash, observable.Imphash, "00000000000000000000000000000000", "shared-hashes"},
		"jarm_of_nothing":                        {observation.JARM, observable.JARM, "00000000000000000000000000000000000000000000000000000000000000", "shared-hashes"},
		"certificate_authority":                  {observation.IssuedBy, observable.DN, "C=US, O=Let's Encrypt, CN=R3", "certificate-issuers"},
		"self_made_subject":                      {observation.SubjectDN, observable.DN, "O=Internet Widgits Pty Ltd, ST=Some-State, C=AU", "default-certificates"},
		"title_of_a_fresh_server":                {observation.Title, observable.Title, "Welcome to nginx!", "default-titles"},
		"title_of_a_kit":                         {observation.Title, observable.Title, "Kuroneko parcel redelivery", ""},
		"redirect_to_a_top_site":                 {observation.RedirectsTo, observable.URL, "https://www.google.com/", "top-sites"},
		"redirect_through_a_shortener":           {observation.RedirectsTo, observable.URL, "https://bit.ly/abc", "link-shorteners"},
		"public_key_of_android":                  {observation.SignedBy, observable.Signer, "61ed377e85d386a8dfee6b864bd85b0bfaa5af81", "shared-hashes"},
		"platform_key_of_android":                {observation.SignedBy, observable.Signer, "27196e386b875e76adf700e7ea84e4c6eee33dfa", "shared-hashes"},
		"import_hash_of_nsis":                    {observation.Imphash, observable.Imphash, "b34f154ec913d2d2c435cbd644e91687", "shared-hashes"},
		"import_hash_of_autoit":                  {observation.Imphash, observable.Imphash, "afcdf79be1557326c854b6e20cb900a7", "shared-hashes"},
		"default_of_a_builder":                   {observation.CampaignKey, observable.Text, "default", "campaign-keys"},
		"bare_shell":                             {observation.Runs, observable.Text, `%windir%\system32\cmd.exe`, "sandbox-deeds"},
		"connection_check_of_windows":            {observation.Contacts, observable.Domain, "www.msftconnecttest.com", "sandbox-hosts"},
		"relation_the_list_is_not_for":           {observation.SubdomainOf, observable.Domain, "sedoparking.com", ""},
		"mutex_of_windows":                       {observation.Mutex, observable.Mutex, `Local\ZonesCounterMutex`, "behaviour-noise"},
		"algorithm_of_ssh":                       {observation.Embeds, observable.Email, "curve25519-sha256@libssh.org", "protocol-names"},
		"script_host":                            {observation.Resource, observable.URL, "https://code.jquery.com/jquery.js", "public-libraries"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := observable.Must(tt.kind, tt.value)
			hit, ok := s.Match(tt.relation, v)
			if ok != (tt.want != "") || hit.List != tt.want {
				t.Errorf("Match(%s, %s) = %q, %v, want %q", tt.relation, tt.value, hit, ok, tt.want)
			}
			if ok && (hit.Version == "" || hit.Reason == "" || hit.Entry == "") {
				t.Errorf("hit %+v cannot be quoted", hit)
			}
		})
	}
}

func TestBenign(t *testing.T) {
	s := load(t)
	tests := map[string]struct {
		kind  observable.Kind
		value string
		want  string
	}{
		"top_site":                            {observable.Domain, "google.com", "top-sites"},
		"host_of_a_top_site":                  {observable.Domain, "mail.google.com", "top-sites"},
		"front_page_of_a_top_site":            {observable.URL, "https://www.paypal.com/", "top-sites"},
		"page_on_a_top_site_may_be_anybodys":  {observable.URL, "https://docs.google.com/forms/d/e/evil", ""},
		"look_alike_of_a_top_site":            {observable.Domain, "google.com.evil.example", ""},
		"customer_of_github":                  {observable.Domain, "evil.github.io", ""},
		"customer_of_dynamic_dns":             {observable.Domain, "evil.duckdns.org", ""},
		"dynamic_dns_provider":                {observable.Domain, "duckdns.org", "dynamic-dns"},
		"customer_of_a_cdn":                   {observable.Domain, "d111111abcdef8.cloudfront.net", ""},
		"blog_is_not_google":                  {observable.Domain, "evil.blogspot.com", ""},
		"name_server_of_a_provider":           {observable.Domain, "ns1.domaincontrol.com", "provider-nameservers"},
		"cdn_address":                         {observable.IP, "104.16.1.1", "cdn-ranges"},
		"rented_server":                       {observable.IP, "49.12.1.1", ""},
		"empty_file":                          {observable.File, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "default-pages"},
		"privacy_mailbox":                     {observable.Email, "x@domainsbyproxy.com", "privacy-emails"},
		"mailbox_at_a_top_site":               {observable.Email, "ivan@outlook.com", ""},
		"domain_nobody_listed":                {observable.Domain, "evil.example", ""},
		"import_hash_of_dotnet":               {observable.Imphash, "f34d5f2d4577ed6d9ceec516c1f5a744", "shared-hashes"},
		"seized_name_server":                  {observable.Domain, "ns1.seized.gov", "sinkhole-nameservers"},
		"documentation_address_is_no_special": {observable.IP, "192.0.2.1", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			hit, ok := s.Benign(observable.Must(tt.kind, tt.value))
			if ok != (tt.want != "") || hit.List != tt.want {
				t.Errorf("Benign(%s) = %q, %v, want %q", tt.value, hit, ok, tt.want)
			}
		})
	}
}
