package format

import (
	"strings"
	"sync"
)

// Normal returns a field's name without what products differ in: case, dots,
// underscores, blanks.
func Normal(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; !(c >= 'a' && c <= 'z' || isDigit(c)) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			out = append(out, c|0x20)
		case c >= 'a' && c <= 'z', isDigit(c):
			out = append(out, c)
		}
	}
	return string(out)
}

// MeaningOf returns what the name of a field says about its value. A dotted
// name (the path in a JSON document) is looked up by its last three parts, the
// last two, the last.
func MeaningOf(name string) Meaning {
	table := meaningTable()
	end := len(name)
	for end > 0 && name[end-1] == '.' {
		end--
	}
	name = name[:end]
	cuts := make([]int, 0, 3)
	for i := len(name) - 1; i >= 0 && len(cuts) < 3; i-- {
		if name[i] == '.' {
			cuts = append(cuts, i+1)
		}
	}
	if len(cuts) < 3 {
		if m, ok := table[Normal(name)]; ok {
			return m
		}
	}
	for i := len(cuts) - 1; i >= 0; i-- {
		if m, ok := table[Normal(name[cuts[i]:])]; ok {
			return m
		}
	}
	return Other
}

// timeRank orders fields that all say a time: when it happened, by the most
// exact clock, before when it was written down or received. Lower is better.
func timeRank(name string) int {
	ranks := timeRanks()
	depth := min(strings.Count(name, "."), depths-1)
	if rank, ok := ranks[Normal(name[strings.LastIndexByte(name, '.')+1:])]; ok {
		return rank*depths + depth
	}
	if rank, ok := ranks[Normal(name)]; ok {
		return rank*depths + depth
	}
	return len(timeNames)*depths + depth
}

// depths is how many levels of nesting a time's rank tells apart: of two times
// of one name the outer one is the event's.
const depths = 8

// splitRank is where a date and a time in two fields stand among timeNames.
const splitRank = 40 * depths

var meaningTable = sync.OnceValue(func() map[string]Meaning {
	table := make(map[string]Meaning, 1024)
	for _, g := range nameGroups {
		for _, name := range strings.Fields(g.names) {
			table[name] = g.meaning
		}
	}
	for _, name := range timeNames {
		if name != "" {
			table[name] = Time
		}
	}
	return table
})

var timeRanks = sync.OnceValue(func() map[string]int {
	ranks := make(map[string]int, len(timeNames))
	for i, name := range timeNames {
		ranks[name] = i
	}
	return ranks
})

// timeNames are the fields that hold the time of an event, best first.
var timeNames = []string{
	"timestamp", "utctime", "systemtime", "ts", "eventcreationtime", "timegenerated", "querytimestamp", "requesttimestamp",
	"edgestarttimestamp", "starttime", "activitystarttime", "detectedutc", "gmttime", "devtime", "eventtime", "datetime", "eventtimestamp", "start", "flowstarttime",
	"timecreatedsystemtime", "timecreated", "creationtime", "activitydatetime", "createddatetime", "timestamputc", "unifiutctime", "receivetimestamp", "firstpacketsecond", "systemtimecreated",
	"rt", "startime", "utctimestamp", "contexttimestamp", "timelocal", "transactiontime", "logtime", "timegenerate", "localtime", "timereceived", "writets", "@timestamp", "split",
	"time", "date", "epochtime", "end", "endtime", "sentat", "flowendtime", "created", "timedt", "timestampms", "edgeendtimestamp", "eventinserttime", "lastupdatetime",
}

// nameGroups say what field names mean, in the spelling of Normal. Names come
// from the field lists of: Zeek, Suricata EVE, Sysmon and Windows events, ECS,
// OCSF, CEF and LEEF dictionaries, NetFlow/IPFIX, AWS (VPC flow, CloudTrail,
// Route 53 Resolver, ELB), Azure NSG flow, GCP audit and VPC flow, Cloudflare
// Logpush, W3C extended log format, FortiOS, PAN-OS, Check Point, Stormshield,
// Cisco ASA/FTD/Umbrella/ESA/WSA, Zscaler NSS, Netskope, Forcepoint, Symantec,
// Trellix ePO, CrowdStrike FDR, Microsoft Defender XDR, SentinelOne Cloud Funnel.
var nameGroups = []struct {
	meaning Meaning
	names   string
}{
	{Client, `src srcip sourceip sourceaddress srcaddr srcaddress idorigh orighh sourceipaddress clientip cip client clientaddress clientaddr
		remoteaddr sourceipv4address sourceipv6address ipv4srcaddr ipv6srcaddr ipsrcaddr callerip calleripaddress userip localip localaddress
		localaddressip4 localaddressip6 csip srcendpointip connectionsrcip protopayloadrequestmetadatacallerip clientsrcip localhostip
		ipaddress sourcev4address c6a2 sourceip6 adminip initiatorip ip saddr sourceaddressv4 srcipv4 srcipv6 srcipaddress sourceipv4 sourceipv6
		remip frontendip loginip useripaddress srcaddripv4 sourcenetworkaddress origh fromip senderip sourcehostip srcip4 actoripaddress endpointip
		clientipaddress cipaddr ipaddr sourceclientip localipaddress httprequestremoteip requestclientip attackerip ipsource srcdeviceip
		publicclientip publicipv4 publicipv6 cltsip remotenet localaddressipv4 lip clientips clip sourcedomain sourcehostname srchostname shost sourcehost remotehost endpointlocal ssourceip`},
	{Server, `dst dstip destinationip destip destinationaddress dstaddr dstaddress idresph resph destaddress targetip serverip
		serveraddress remoteip remoteaddress remoteaddressip4 remoteaddressip6 destinationipv4address destinationipv6address ipv4dstaddr ipv6dstaddr
		sip rip dstendpointip connectiondestip destinationipaddress remotehostip rsip daddr destv4address destinationv4address csserverip
		targetaddress dstipv4 dstipv6 dstipaddress destinationipv4 destinationipv6 c6a3 csupplierip ssupplierip rsupplierip peerip destinationhostname
		dsthostname dhost destinationhost destinationdomain destdomain dstdomain remotehostname remotename destinationfqdn upstream upstreamaddr upstreamip originip
		destinationnetworkaddress toip dstip4 destip6 responderip victimip serversip dstdeviceip destinationname remoteipaddress csipdest svrip edgeserverip
		ipdest dsthost dsthostip remoteaddressipv4 targetipaddress destaddr targetserverip locip serveraddr srvdip targetipv4 targetipv6 destinationaddressv4 supplierip externalip cfdstip`},
	{NATClient, `natsrc natsourceip natsrcip sourcenatip srcxlatedip xlatesrc sourcetranslatedaddress transip tranip natsource aip translatedsourceip
		srcnatip externalipaddress tunnelip publicip clientpublicip xlatesourceip externalclientip modsrc sntip natsourceaddress srcpostnat srcpreNAT srcnat origsrc xlatedsrc egressip
		srcpostnatip cnip clientnatip srcpublicip natip remotepublicip`},
	{NATServer, `natdst natdestinationip natdstip destinationnatip xlatedst destinationtranslatedaddress dstxlatedip natdestination
		translateddestinationip dstnatip moddst origdst xlateddst natdestinationaddress dstnat servernatip`},
	{Forwarded, `xforwardedfor csxforwardedfor forwardedfor xff httpxff originalclientip trueclientip proxied forwarded xforwarded truesrcip
		httpxffip clientipforwarded forwardedforip srcipforwarded originalip csxffip xffip sourceoriginaladdress`},
	{Query, `query qname queryname dnsquestionname rrname dnsqueryrrname dnsquery dnsrrname domainname queryhostname dnsrequest question querydomain
		queriesrrname rrnamequery dnsqueryname dnsdomain fqdn requesteddomain dnsrequestname questionname eventdnsrequest qry lookupname
		ftntfgtqname fortinetfortigateqname queriedname dnsname xcsdns dnsquerydomain domainquery xdnscsdns dnsreq`},
	{Answer, `answers answer rdata dnsanswersdata dnsanswersname dnsanswers dnsrdata queryresults ipaddr4 ipaddrs ftntfgtipaddr dnsresponse
		dnsresolvedip resolvedip resolvedips answersrdata answerrdata answersrrname dnsresponseip ip4records ip6records cnamerecords
		groupeda groupedaaaa groupedcname dnsgroupeda dnsgroupedaaaa dnsgroupedcname dnsansw eventdnsresponse dnsanswersttlname
		firstip4record firstip6record dnsanswer ipaddresses resolvedaddress aaddress additionalsrdata authoritiesrdata answersdata answersname dnsips responsedata rdataanswer ptrrecords`},
	{SNI, `servername sni tlssni tlsclientservername sslsni csclientsni xsni tlsservername ssldomain clientsni httpssni requestservername
		tlssnihost clienthelloservername xcssni certhostname sslhostname serversni sslsnihostname quicsni serverservername xcssnihostname quicserver`},
	{Host, `host hostname httphostname cshost httphost hosthdr urldomain urlhost requesthost clientrequesthost urlhostname ehost xsupplierhost
		httprequesthost csdomain site dstname xurihost domain csurihost urlregistereddomain requestdomain httpvhost vhost
		csuristemhost downloadserver virtualhost requestheadershost originhost remotehostdomain urlregistrableDomain dsthostnameurl srvname httpreqhost referencedhost sitename dstdomainname desthostname
		rsservicename appdomain httpauthority hosturl websitename ftntfgthostname desturlhost csuriauthority destinationdnsdomain`},
	{URL, `url uri urloriginal urlfull requesturl request csuri csuristem csurl cs1url urlpath httpurl clientrequesturi requesturi httpuri eurl curl
		requestpath urlquery csuriquery csuripath httprequesturl remoteurl targeturl fullurl originalurl filedownloadurl urlstring fileurl
		httprequesturi downloadurl fileoriginurl requesturl path1 uripath uristem uriquery urlstem originalrequesturl clickedurl accessedurl link links urls
		httprequest fileurlorigin eventurl misc1 clientrequestpath urlsubdomainpath httprequestrequesturl fileoriginreferrerurl targetfileurl urlv2
		requesturlpath objecturl urlname eurlpath csuripathquery uripathquery networkhttpurl hosturlpath threaturl object2 attackurl originatingurl`},
	{Referrer, `referrer referer httpreferrer httprefer httpreferer csreferer csreferrer referrerurl httprefererurl clientrequestreferer requestreferer
		httprequestreferrer requestcontext httprequestreferer ereferer refererurl referurl refererhost fileoriginreferrer referrername httprequestheaderreferer httprefererdomain requestreferrer`},
	{FileHash, `md5 sha1 sha256 sha512 hash hashes filehash filehashsha256 filehashmd5 filehashsha1 filesha256 filemd5 filesha1 filesha512 fhash oldfilehash
		md5hash sha1hash sha256hash targethash bamd5 applicationhash authentihash tgtfilesha256 tgtfilesha1 tgtfilemd5 filehashsha512 fname256 imphash
		hashvalue filesignatureshash digest fingerprintsha256 filedigest tgtfileoldsha1 tgtfileoldmd5 tgtfileoldsha256 xxhash hash256 bsha256 threatfilehash
		malwarehash fileinfohash cs6hash attachmenthash filehashes emd5 sandboxmd5 checksum targetfilehash sha2 sha256hashdata md5hashdata sha1hashdata
		authenticodehashdata quarantinedfilesha256 mshash fhashmd5 md5string sha256string sha1string`},
	{ProcessHash, `processhash processhashmd5 processhashsha1 processhashsha256 initiatingprocesssha1 initiatingprocesssha256 initiatingprocessmd5
		srcprocessimagesha256 srcprocessimagesha1 srcprocessimagemd5 processimagesha256 processimagesha1 processimagemd5 parentimagesha256 parentimagesha1
		parentimagemd5 parentprocesshash sourceprocesshash processmd5 processsha1 processsha256 imagesha256 imagesha1 imagemd5 parenthashmd5 parenthashsha1 parenthashsha256
		sourceprocesssha256 parentprocesssha256 parentprocessmd5`},
	{CertHash, `fingerprint certificatefingerprint certchainfps clientcertchainfps tlsfingerprint sslfingerprint certhash certsha1 certsha256 thumbprint
		certificatethumbprint tlsserverhashsha256 tlsserverhashsha1 tlsserverhashmd5 servercertsha256 servercertfingerprint tlsservercertfingerprint issuerfingerprint
		xrscertificatefingerprint certfingerprint subjectfingerprint scerthash xrscertificatehash sslcertfingerprint certmd5`},
	{JA3, `ja3 ja3s ja3hash ja3shash ja3fullstring tlsja3hash tlsja3shash tlsclientja3 tlsserverja3s ja4 ja4s clientja3 serverja3 clientja4 tlsja4 ja3fingerprint ja3sfingerprint
		sslja3hash hassh hasshserver hassherver botmanagementja3 csja3 quicja3hash sniffedja3`},
	{JARM, `jarm tlsjarm jarmhash`},
	{CertName, `certificatesubject certificateissuer subject issuer sandns sanip sanuri sanemail tlssubject tlsissuerdn tlsissuer certsubject certissuer subjectdn issuerdn
		certificatecn subjectcn issuercn tlsserverx509alternativenames alternativenames tlsserverx509issuercommonname x509subject x509issuer clientsubject clientissuer
		tlssubjectaltname subjectaltname subjectalternativenames xrscertificatehostname certcn certificatesubjectcn certcommonname xrscertificatehostnames
		scertsubject scertissuer tlsserversubject tlsserverissuer scertname certname sslcertsubject sslcertissuer subjectcommonname issuercommonname xrscertificatesubject`},
	{EmailFrom, `mailfrom from emailfrom emailfromaddress sender senderaddress senderfromaddress sendermailfromaddress esafriendlyfrom envelopefrom smtpfrom fromaddress
		fromheader emailsender senderfromdomain sendermailfromdomain fromuser mailsender headerfrom esareplyto replyto`},
	{EmailTo, `rcptto to cc emailto emailtoaddress recipient recipients recipientemailaddress toaddress envelopeto rcpt emailrecipient duseremail mailto bcc recipientaddress touser emailcc`},
	{CommandLine, `commandline cmdline processcommandline parentcommandline initiatingprocesscommandline processargs command srcprocesscmdline tgtprocesscmdline
		processcmdline scriptblocktext hostapplication commandhistory initiatingprocessparentcommandline cmdscriptcontent consolecommand cmd cmdscriptoriginalcontent processcmd`},
	{Process, `image parentimage processname sproc dproc processpath processexecutable newprocessname parentprocessname sourceimage targetimage application
		applicationpath imagefilename initiatingprocessfilename initiatingprocessfolderpath callerprocessname process parentbasefilename app1 processfilename srcprocessimagepath
		exe executable processfilepath program sourceprocessname applicationname imageloaded1 programpath srcprocessname tgtprocessname processimagepath`},
	{File, `filename targetfilename file filepath folderpath originalfilename fname tgtfilepath imageloaded destinationfile targetpath fileoldname objectname
		respfilenames origfilenames filefullpath attachment attachments attachmentname fileinfofilename fullfilename targetfile emailattachments tgtfilename filefullname targetfilenamepath oldfilename`},
	{Registry, `targetobject registrykey registryvaluedata registryvaluename registrypath registrykeypath regkey details registryvalue objectvaluename`},
	{Agent, `useragent httpuseragent csuseragent requestclientapplication agent clientrequestuseragent httprequestuseragent useragentoriginal ua eua agentstring clientuseragent usragent httpagent`},
	{Message, `message msg description event originalmessage rawlog rawevent textpayload eventdescription infomsg info errormessage details1 logmessage fullmessage`},
	{Signature, `signature alertsignature threatname virus malware threat attack attackname rulename virusname malwarename threatfamily detectname signaturename detectionname mwname riskname rule alertname
		avname ipsname threatcategory title alerttitle detectdescription threatlabel subjectline`},
	{Reporter, `devname fw dvchost observername observerip deviceaddress devicename1 sensor sensorname origin originsicname dvc agenthostname systemname sensorip deviceip
		sysname observerhostname sender1 identhostname firewall gateway logger hostfw senderhost system collector xblueocatappliancename deviceexternalid sn appliance devicehostname nsssvcip reporter @system
		sensorid proxyname loghostname devicevendorname serialnumber dvcip observeraddress`},
	{Machine, `computer computername machinename devicename workstation workstationname hostnamemachine identhost winlogcomputername endpointname systemhostname machine targethostname endpoint clienthostname srcname
		eventhostname hosthostname agentcomputername computerdnsname devicednsname sourcecomputername hostshortname source computerhostname clientname clientcomputername localhostname devicefqdn srcmachine
		hostcomputername systemcomputer`},
	{MachineIP, `hostip identsrc agentip machineip hostips endpointipaddress epip deviceipaddress agentipaddress identsrcip machineipaddress computerip assetip ipv4addr hostaddress agentlocalip agentnetworkip`},
	{Resolver, `dnsresolverip dnsserver resolver resolverip dnsserverip nameserver dnsserveraddress`},
	{User, `user username suser duser usrname targetusername subjectusername accountname srcuser dstuser csusername user1 userid login loginid useridentityarn useridentityusername principalemail
		initiatingprocessaccountname initiatingprocessaccountupn targetuser sourceuser accountupn userprincipalname samaccountname identuser usernamefull unauthuser cloggedinuser srcprocessuser tgtprocessuser
		accountdisplayname userdisplayname principal remoteuser clientuser csuserdn adminid adminname userlogin srcusername dstusername destinationuser identusername logonuser actor actoremail xauthuser
		userfriendlyname useremail accountemail credentialname users identity subject1 useremailaddress targetaccount requestinguser eventuserid processuser usernameoriginal userpcusername`},
	{Hardware, `mac srcmac dstmac macaddress smac dmac clientmac physicaladdress localhostmac remotehostmac ethersrc etherdst rawmacaddress macaddr mastersrcmac`},
	{Outcome, `action act disp disposition deviceaction verdict alertaction sc filterresult scfilterresult result1 blocked ruleaction actualaction policyaction networkfirewallaction firewallruleaction
		saction actiontaken requestedaction flowaction conndecision securityaction utmaction eventaction accesscontrolruleaction decision fwaction edgefirewallaction wafaction deliveryaction
		acceptordeny actionname filteraction responseaction firewallaction policydecision dispositiontext urlaction appaction`},
	{Way, `direction initiated networkdirection devicedirection flowdirection conndirection evtdirection connectiondirection emaildirection trafficdirection dir1 ifdir flowdir eventnetworkdirection`},
	{Zone, `tz timezone fortinetfortigatetz ftntfgttz utcoffset timezoneoffset zone1`},
	{Number, `port srcport dstport sourceport destinationport spt dpt idorigp idrespp srcpt pid processid parentprocessid length bytes version count uid guid processguid parentprocessguid proto protocol
		sourceisipv6 destinationisipv6 size sessionid eventid recordnumber level severity os osversion product vendor devicevendor deviceproduct deviceversion ttl ttls rtt duration`},
}
