package zeek_test

import (
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/zeek"
)

func table(fields string, rows ...string) string {
	text := "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#fields\t" + strings.ReplaceAll(fields, " ", "\t") + "\n"
	for _, row := range rows {
		text += strings.ReplaceAll(row, " ", "\t") + "\n"
	}
	return text + "#close\t2026-01-01-00-00-00\n"
}

const at = "[2026-01-01T00:00:00Z,2026-01-01T00:00:00Z]"

func TestLookups(t *testing.T) {
	const fields = "ts uid id.resp_h id.resp_p query qtype_name rcode_name answers"
	ingesttest.States(t, zeek.New(), table(fields,
		"1767225600.5 C1 192.0.2.53 53 a.example A NOERROR edge.test,192.0.2.1",
		"1767225600.5 C2 192.0.2.53 53 1.2.0.192.in-addr.arpa PTR NOERROR a.example",
		"1767225600.5 C3 192.0.2.53 53 b.example TXT NOERROR TXT\\x204\\x20spf1",
		"1767225600.5 C4 192.0.2.53 53 none.example A NXDOMAIN -",
		"1767225600.5 C5 224.0.0.251 5353 printer.example A NOERROR 192.0.2.9"),
		"a.example cname edge.test "+at,
		"edge.test resolves-to 192.0.2.1 "+at,
		"a.example resolves-to 192.0.2.1 "+at,
		"192.0.2.1 ptr a.example "+at,
		"b.example txt spf1 "+at)
	ingesttest.States(t, zeek.New(), `{"ts":"2026-01-01T00:00:00.000000Z","uid":"C","id.resp_p":53,"query":"a.example","qtype_name":"AAAA","rcode_name":"NOERROR","answers":["2001:db8::1"]}`,
		"a.example resolves-to 2001:db8::1 "+at)
}

func TestCertificatesAreJoinedWithTheirFiles(t *testing.T) {
	sha1 := strings.Repeat("ab", 20)
	files := table("ts fuid tx_hosts source mime_type filename sha1 sha256",
		"1767225600 F1 192.0.2.1 SSL application/x-x509-user-cert - "+sha1+" -",
		"1767225600 F2 192.0.2.7 HTTP application/zip a.zip "+strings.Repeat("cd", 20)+" -")
	x509 := table("ts id certificate.serial certificate.subject certificate.issuer certificate.not_valid_before certificate.not_valid_after san.dns",
		"1767225600 F1 0A CN=a.example CN=CA 1767225600 1767225700 a.example,*.b.example")
	ssl := table("ts uid id.resp_h id.resp_p server_name cert_chain_fuids subject issuer", "1767225600 C1 192.0.2.1 443 a.example F1 CN=a.example CN=CA")
	http := table("ts uid id.resp_h method host uri resp_fuids", "1767225600 C2 192.0.2.7 GET b.example /a.zip F2")
	ingesttest.States(t, zeek.New(), files+x509+ssl+http,
		strings.Repeat("cd", 20)+" filename a.zip "+at,
		strings.Repeat("cd", 20)+" downloaded-from 192.0.2.7 "+at,
		sha1+" names a.example "+at,
		sha1+" names b.example "+at,
		sha1+" names a.example "+at,
		sha1+" subject-dn CN=a.example "+at,
		sha1+" issued-by CN=CA "+at,
		sha1+" serial a "+at,
		"192.0.2.1 serves "+sha1+" "+at,
		"a.example serves "+sha1+" "+at,
		strings.Repeat("cd", 20)+" downloaded-from http://b.example/a.zip "+at)
}

func TestHandshakes(t *testing.T) {
	ja3, ja3s := strings.Repeat("ab", 16), strings.Repeat("cd", 16)
	ingesttest.States(t, zeek.New(), table("ts uid id.resp_h id.resp_p server_name cert_chain_fuids ja3 ja3s ja4",
		"1767225600 C1 192.0.2.1 443 a.example - "+ja3+" "+ja3s+" t13d1516h2_001122334455_66778899aabb",
		"1767225600 C2 192.0.2.2 443 - - - "+ja3s+" -"),
		"192.0.2.1 ja3 "+ja3+" "+at,
		"192.0.2.1 ja3s "+ja3s+" "+at,
		"192.0.2.1 ja4 t13d1516h2_001122334455_66778899aabb "+at,
		"a.example ja3 "+ja3+" "+at,
		"a.example ja3s "+ja3s+" "+at,
		"a.example ja4 t13d1516h2_001122334455_66778899aabb "+at,
		"192.0.2.2 ja3s "+ja3s+" "+at)
}

func TestDigestsOfOneFile(t *testing.T) {
	md5, sha1 := strings.Repeat("ab", 16), strings.Repeat("cd", 20)
	files := table("ts fuid tx_hosts source mime_type filename md5 sha1", "1767225600 F1 192.0.2.1 HTTP application/zip - "+md5+" "+sha1)
	ingesttest.States(t, zeek.New(), files, sha1+" digest "+md5+" "+at, sha1+" downloaded-from 192.0.2.1 "+at)
}

func TestOtherLogsAndDamage(t *testing.T) {
	_, s, err := ingesttest.Read(t, zeek.New(), table("ts uid id.orig_h proto", "1767225600 C1 192.0.2.1 tcp"))
	if err != nil || s.Kept != 0 || s.Rejected != 0 {
		t.Errorf("a log without facts of ours: %+v, %v", s, err)
	}
	good := table("ts query qtype_name answers", "1767225600 a.example A 192.0.2.1")
	ingesttest.Refuses(t, zeek.New(), good+"1767225600\ta.exa\n"+good, 2)
	_, _, err = ingesttest.Read(t, zeek.New(), good+"{\"ts\":1")
	if err == nil {
		t.Error("half a line at the end is no error")
	}
}

func FuzzZeek(f *testing.F) {
	ingesttest.Fuzz(f, func() ingest.Format { return zeek.New() },
		table("ts uid query qtype_name rcode_name answers", "1767225600.5 C1 a.example A NOERROR b.example,192.0.2.1"),
		table("ts id certificate.serial certificate.subject certificate.issuer san.dns", "1767225600 F1 0A CN=a.example CN=CA a.example"),
		`{"ts":1767225600,"fuid":"F","source":"HTTP","tx_hosts":["192.0.2.1"],"md5":"00112233445566778899aabbccddeeff"}`)
}
