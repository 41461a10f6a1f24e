// clew yara, 10 entries, TLP:AMBER
// case 2026-11-23-cdn-update-example-4f2a, as of 2026-11-25
import "hash"
import "pe"

rule clew_domain_0cce37d8b4a1a8eb {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=seed confidence=90 tlp=AMBER"
  strings:
    $s0 = "cdn-update.example" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_domain_664f2a4806d9b95b {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved expires=2026-12-24 tlp=AMBER"
  strings:
    $s0 = "login-portal.example" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_domain_8afde9c91d0a7768 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=medium confidence=71 action=monitor/proposed tlp=AMBER"
  strings:
    $s0 = "mail-check.example" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_domain_fb36a2776887c33e {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=97 action=block/proposed tlp=AMBER"
  strings:
    $s0 = "new-find.example" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_domain_b5d1edc91222a904 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved expires=2026-12-24 tlp=AMBER"
  strings:
    $s0 = "www.login-portal.example" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_url_f61cf2102794b922 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved expires=2026-12-24 tlp=AMBER"
  strings:
    $s0 = "http://files.example/a/b.php?x=1&y=%27" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_url_7284d69dec9ab489 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved expires=2026-12-24 tlp=AMBER"
  strings:
    $s0 = "https://login-portal.example/kit/" ascii wide nocase fullword
  condition:
    any of them
}

rule clew_sha256_275a021bbfb6489e54d471899f7db9d1 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved tlp=AMBER"
  condition:
    hash.sha256(0, filesize) == "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
}

rule clew_sha1_3395856ce81f2b7382dee72602f798b6 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved tlp=AMBER"
  condition:
    hash.sha1(0, filesize) == "3395856ce81f2b7382dee72602f798b642f14140"
}

rule clew_md5_44d88612fea8a8f36de82e1278abb02f {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a band=high confidence=98 action=block/approved tlp=AMBER"
  condition:
    hash.md5(0, filesize) == "44d88612fea8a8f36de82e1278abb02f"
}

rule clew_imphash_9ac2c143077ae41e {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a shared=imphash members=2"
    false_matches = "corpus: 2 of 250000 hold it (local store, 2026-11-20), 2 of them in this export, so at most 0 false in 250000. Telemetry: not measured: no telemetry index, and no logs given"
  condition:
    pe.imphash() == "f34d5f2d4577ed6d9ceec516c1f5a745"
}

rule clew_richhash_e58a1c41878b2fc6 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a shared=rich members=1"
    false_matches = "corpus: 2 of 250000 hold it (local store, 2026-11-20), 1 of them in this export, so at most 1 false in 250000. Telemetry: not measured: no telemetry index, and no logs given"
  condition:
    hash.md5(pe.rich_signature.clear_data) == "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
}

rule clew_pdb_a1bf9c44e4346696 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a shared=pdb members=1"
    false_matches = "corpus: 1 of 250000 hold it (local store, 2026-11-20), 1 of them in this export, so at most 0 false in 250000. Telemetry: not measured: no telemetry index, and no logs given"
  strings:
    $s0 = "C:\\build\\loader\\Release\\loader.pdb" ascii wide
  condition:
    any of them
}

rule clew_signer_da83184a414cc755 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a shared=signed-by members=1"
    false_matches = "corpus: 3 of 250000 hold it (local store, 2026-11-20), 1 of them in this export, so at most 2 false in 250000. Telemetry: not measured: no telemetry index, and no logs given"
  condition:
    for any i in (0 .. pe.number_of_signatures - 1) : ( pe.signatures[i].subject contains "/CN=Update Services Ltd" )
}

rule clew_mutex_dda1b8433c085213 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a shared=mutex members=1"
    false_matches = "corpus: 1 of 250000 hold it (local store, 2026-11-20), 1 of them in this export, so at most 0 false in 250000. Telemetry: not measured: no telemetry index, and no logs given"
  strings:
    $s0 = "Global\\{7A-update}" ascii wide
  condition:
    any of them
}

rule clew_useragent_488866a525a782e4 {
  meta:
    trace = "case=2026-11-23-cdn-update-example-4f2a shared=user-agent members=1"
    false_matches = "corpus: 2 of 250000 hold it (local store, 2026-11-20), 1 of them in this export, so at most 1 false in 250000. Telemetry: not measured: no telemetry index, and no logs given"
  strings:
    $s0 = "Mozilla/4.0 (compatible; Updater 1.0)" ascii wide
  condition:
    any of them
}
