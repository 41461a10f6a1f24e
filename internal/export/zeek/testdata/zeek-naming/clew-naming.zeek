# clew zeek-naming, 5 entries, TLP:AMBER
# case 2026-11-23-cdn-update-example-4f2a, as of 2026-11-25
# learned from 3 names. corpus: 3 of 250000. Telemetry: not measured: no telemetry index, and no logs given
module Clew;

export {
	redef enum Notice::Type += { Name_Pattern };
	## Names as the operators of the case make them.
	const name_pattern = /(^|\.)[a-z]{4,5}-[a-z]{5,6}\.example$/ &redef;
}

function seen(c: connection, name: string)
	{
	if ( name_pattern in to_lower(name) )
		NOTICE([$note=Name_Pattern, $conn=c, $msg=fmt("%s follows a naming pattern of 2026-11-23-cdn-update-example-4f2a", name), $sub=name, $identifier=name]);
	}

event dns_request(c: connection, msg: dns_msg, query: string, qtype: count, qclass: count)
	{
	seen(c, query);
	}

event ssl_extension_server_name(c: connection, is_client: bool, names: string_vec)
	{
	for ( i in names )
		seen(c, names[i]);
	}

