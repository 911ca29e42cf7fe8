/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/param.h"

#include <strings.h>

#include "base/cleanup.h"
#include "config/config.h"

#define X PARAM_FATAL
#define L PARAM_LOCAL
#define Z PARAM_NONZERO
#define N PARAM_IN_PLACE

#define AT(member) .offset = (int)offsetof(struct config_values, member)
#define IDLE       .offset = -1

#define BOOL(n, d, f, ...)                                                       \
	{                                                                        \
		.name = n, .type = PARAM_BOOL, .def = d, .flags = f, __VA_ARGS__ \
	}
#define TEXT(n, d, f, ...)                                                         \
	{                                                                          \
		.name = n, .type = PARAM_STRING, .def = d, .flags = f, __VA_ARGS__ \
	}
#define SECONDS(n, d, f, ...)                                                       \
	{                                                                           \
		.name = n, .type = PARAM_SECONDS, .def = d, .flags = f, __VA_ARGS__ \
	}
#define OF(t, n, d, f, ...)                                                     \
	{                                                                       \
		.name = n, .type = PARAM_##t, .def = d, .flags = f, __VA_ARGS__ \
	}
#define INT(n, lo, hi, d, f, ...)                                                         \
	{                                                                                 \
		.name = n, .type = PARAM_INT, .min = lo, .max = hi, .def = d, .flags = f, \
		__VA_ARGS__                                                               \
	}
#define WORDS(n, w, d, f, ...)                                                               \
	{                                                                                    \
		.name = n, .type = PARAM_ENUM, .words = w, .def = d, .flags = f, __VA_ARGS__ \
	}

#define LEVELS     "DEBUG|ERROR|FATAL|INFO|TRACE|WARNING"
#define METRIC_MAX 2147483646

const struct param params[] = {
	/* Datastore */
	WORDS("DatastoreType", "etcdv3|kubernetes", "etcdv3", X | L | Z, AT(datastore_type)),
	OF(HOST_PORT, "EtcdAddr", "127.0.0.1:2379", L, AT(etcd_addr)),
	OF(FILE, "EtcdCaFile", "", L, AT(etcd_ca_file)),
	OF(FILE, "EtcdCertFile", "", L, AT(etcd_cert_file)),
	OF(FILE, "EtcdKeyFile", "", L, AT(etcd_key_file)),
	OF(URL_LIST, "EtcdEndpoints", "", L, AT(etcd_endpoints)),
	WORDS("EtcdScheme", "http|https", "http", L, AT(etcd_scheme)),
	OF(HOSTNAME, "FelixHostname", "", L | Z, AT(hostname)),
	OF(HOST_PORT, "TyphaAddr", "", L, IDLE),
	OF(FILE, "TyphaCAFile", "", L, IDLE),
	OF(FILE, "TyphaCertFile", "", L, IDLE),
	OF(FILE, "TyphaKeyFile", "", L, IDLE),
	TEXT("TyphaCN", "", L, IDLE),
	TEXT("TyphaURISAN", "", L, IDLE),
	TEXT("TyphaK8sNamespace", "kube-system", L | Z, IDLE),
	TEXT("TyphaK8sServiceName", "", L, IDLE),
	SECONDS("TyphaReadTimeout", "30", L, IDLE),
	SECONDS("TyphaWriteTimeout", "10", L, IDLE),

	/* Process */
	OF(KEY_VALUE_LIST, "FeatureDetectOverride", "", 0, IDLE),
	OF(KEY_VALUE_LIST, "FeatureGates", "", 0, IDLE),
	INT("GoGCThreshold", -1, INT64_MAX, "40", 0, IDLE),
	INT("GoMaxProcs", -1, INT64_MAX, "-1", 0, IDLE),
	INT("GoMemoryLimitMB", -1, INT64_MAX, "-1", 0, IDLE),
	BOOL("HealthEnabled", "false", 0, AT(health_enabled)),
	OF(HOST, "HealthHost", "localhost", 0, AT(health_host)),
	INT("HealthPort", 0, 65535, "9099", 0, AT(health_port)),
	OF(KEY_DURATION_LIST, "HealthTimeoutOverrides", "", N, AT(health_timeout_overrides)),
	BOOL("PrometheusMetricsEnabled", "false", 0, AT(prometheus_enabled)),
	OF(HOST, "PrometheusMetricsHost", "", 0, AT(prometheus_host)),
	INT("PrometheusMetricsPort", 0, 65535, "9091", 0, AT(prometheus_port)),
	BOOL("PrometheusGoMetricsEnabled", "true", 0, IDLE),
	BOOL("PrometheusProcessMetricsEnabled", "true", 0, IDLE),
	BOOL("PrometheusWireGuardMetricsEnabled", "true", 0, IDLE),
	TEXT("PrometheusMetricsCAFile", "", 0, IDLE),
	TEXT("PrometheusMetricsCertFile", "", 0, IDLE),
	TEXT("PrometheusMetricsKeyFile", "", 0, IDLE),
	WORDS("PrometheusMetricsClientAuth",
		"NoClientCert|RequireAndVerifyClientCert|RequireAnyClientCert|"
		"VerifyClientCertIfGiven",
		"NoClientCert", 0, IDLE),
	BOOL("EndpointReportingEnabled", "false", 0, AT(endpoint_reporting)),
	SECONDS("EndpointReportingDelaySecs", "1", 0, AT(endpoint_reporting_delay_ns)),
	OF(DNS_LABEL, "OpenstackRegion", "", X, AT(openstack_region)),
	OF(HOST, "MetadataAddr", "127.0.0.1", X, AT(metadata_addr)),
	INT("MetadataPort", 0, 65535, "8775", X, AT(metadata_port)),
	SECONDS("ReportingIntervalSecs", "30", 0, AT(reporting_interval_ns)),
	SECONDS("ReportingTTLSecs", "90", 0, AT(reporting_ttl_ns)),

	/* Logs */
	OF(RATE, "LogActionRateLimit", "", 0, AT(log_action_rate_limit)),
	INT("LogActionRateLimitBurst", 0, INT64_MAX, "5", 0, AT(log_action_rate_limit_burst)),
	TEXT("LogDebugFilenameRegex", "", 0, IDLE),
	TEXT("LogFilePath", "/var/log/calico/felix.log", X, AT(log_file_path)),
	TEXT("LogPrefix", "calico-packet", 0, AT(log_prefix)),
	WORDS("LogSeverityFile", LEVELS, "INFO", N, AT(log_severity_file)),
	WORDS("LogSeverityScreen", LEVELS, "INFO", N, AT(log_severity_screen)),
	WORDS("LogSeveritySys", LEVELS, "INFO", N, IDLE),

	/* Dataplane */
	BOOL("AllowIPIPPacketsFromWorkloads", "false", 0, AT(allow_ipip_from_workloads)),
	BOOL("AllowVXLANPacketsFromWorkloads", "false", 0, AT(allow_vxlan_from_workloads)),
	TEXT("CgroupV2Path", "", 0, IDLE),
	WORDS("ChainInsertMode", "append|insert", "insert", X | Z, IDLE),
	TEXT("DataplaneDriver", "calico-iptables-plugin", X | Z, IDLE),
	SECONDS("DataplaneWatchdogTimeout", "90", 0, AT(dataplane_watchdog_ns)),
	WORDS("DefaultEndpointToHostAction", "ACCEPT|DROP|RETURN", "DROP", X | Z,
		AT(default_endpoint_to_host_action)),
	INT("DeviceRouteProtocol", 0, 255, "3", 0, AT(device_route_protocol)),
	OF(IPV4, "DeviceRouteSourceAddress", "", 0, AT(device_route_source)),
	OF(IPV6, "DeviceRouteSourceAddressIPv6", "", 0, AT(device_route_source_v6)),
	BOOL("DisableConntrackInvalidCheck", "false", 0, AT(disable_conntrack_invalid_check)),
	BOOL("RequireMTUFile", "false", 0, IDLE),
	BOOL("RouteSyncDisabled", "false", 0, AT(route_sync_disabled)),
	TEXT("EndpointStatusPathPrefix", "/var/run/calico", 0, AT(endpoint_status_path)),
	OF(CIDR_LIST, "ExternalNodesCIDRList", "", X, IDLE),
	OF(PROTO_PORT_LIST, "FailsafeInboundHostPorts",
		"tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667", X,
		IDLE),
	OF(PROTO_PORT_LIST, "FailsafeOutboundHostPorts",
		"udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667", X,
		IDLE),
	WORDS("FloatingIPs", "Disabled|Enabled", "Disabled", 0, IDLE),
	WORDS("IstioAmbientMode", "Disabled|Enabled", "Disabled", 0, IDLE),
	WORDS("WindowsManageFirewallRules", "Disabled|Enabled", "Disabled", 0, IDLE),
	WORDS("FlowLogsLocalReporter", "Disabled|Enabled", "Disabled", 0, IDLE),
	WORDS("IPForwarding", "Disabled|Enabled", "Enabled", 0, AT(ip_forwarding)),
	INT("IPv4ElevatedRoutePriority", 1, METRIC_MAX, "512", 0, IDLE),
	INT("IPv6ElevatedRoutePriority", 1, METRIC_MAX, "512", 0, IDLE),
	INT("IPv4NormalRoutePriority", 1, METRIC_MAX, "1024", 0, AT(ipv4_route_priority)),
	INT("IPv6NormalRoutePriority", 1, METRIC_MAX, "1024", 0, AT(ipv6_route_priority)),
	OF(NAME_LIST, "InterfaceExclude", "kube-ipvs0", 0, AT(interface_exclude)),
	OF(PREFIX_LIST, "InterfacePrefix", "cali", X | Z, AT(interface_prefix)),
	SECONDS("IpsetsRefreshInterval", "90", 0, IDLE),
	SECONDS("RouteRefreshInterval", "90", 0, AT(route_refresh_ns)),
	SECONDS("InterfaceRefreshInterval", "90", 0, AT(interface_refresh_ns)),
	SECONDS("XDPRefreshInterval", "90", 0, IDLE),
	BOOL("Ipv6Support", "true", 0, AT(ipv6_support)),
	BOOL("RemoveExternalRoutes", "true", 0, AT(remove_external_routes)),
	BOOL("UseInternalDataplaneDriver", "true", 0, IDLE),
	OF(DSCP, "IstioDSCPMark", "23", 0, IDLE),
	SECONDS("LiveMigrationRouteConvergenceTime", "30", 0, IDLE),
	WORDS("LocalSubnetL2Reachability", "Disabled|PodsAndLoadBalancers", "Disabled", 0, IDLE),
	SECONDS("LocalSubnetL2ReachabilityRefreshInterval", "120", 0, IDLE),
	TEXT("MTUIfacePattern", "^((en|wl|ww|sl|ib)[Pcopsvx].*|(eth|wlan|wwan).*)", 0, IDLE),
	OF(IPV4, "NATOutgoingAddress", "", 0, IDLE),
	WORDS("NATOutgoingExclusions", "IPPoolsAndHostIPs|IPPoolsOnly", "IPPoolsOnly", 0, IDLE),
	OF(PORT_RANGE, "NATPortRange", "", 0, IDLE),
	WORDS("NFTablesFlowTableOffload", "All|Disabled", "Disabled", 0, IDLE),
	TEXT("NFTablesFlowTableDataIfacePattern", "", 0, IDLE),
	WORDS("NFTablesMode", "Auto|Disabled|Enabled", "Auto", 0, AT(nftables_mode)),
	SECONDS("NetlinkTimeoutSecs", "10", 0, IDLE),
	TEXT("PolicySyncPathPrefix", "", 0, IDLE),
	WORDS("ProgramClusterRoutes", "Disabled|EnabledIPIPOnly|EnabledNoEncapOnly|Enabled",
		"EnabledIPIPOnly", 0, AT(program_cluster_routes)),
	WORDS("RouteSource", "CalicoIPAM|WorkloadIPs", "CalicoIPAM", 0, AT(route_source)),
	OF(TABLE_RANGE, "RouteTableRange", "", X, IDLE),
	OF(TABLE_RANGE, "RouteTableRanges", "", X, IDLE),
	WORDS("ServiceLoopPrevention", "Disabled|Drop|Reject", "Drop", 0, IDLE),
	BOOL("GenericXDPEnabled", "false", 0, IDLE),
	BOOL("SidecarAccelerationEnabled", "false", 0, IDLE),
	WORDS("WorkloadSourceSpoofing", "Any|Disabled", "Disabled", 0,
		AT(workload_source_spoofing)),
	WORDS("IptablesBackend", "auto|legacy|nft", "auto", 0, IDLE),
	WORDS("IptablesFilterAllowAction", "ACCEPT|RETURN", "ACCEPT", X | Z, IDLE),
	WORDS("IptablesMangleAllowAction", "ACCEPT|RETURN", "ACCEPT", X | Z, IDLE),
	WORDS("NftablesFilterAllowAction", "ACCEPT|RETURN", "ACCEPT", X | Z, IDLE),
	WORDS("NftablesMangleAllowAction", "ACCEPT|RETURN", "ACCEPT", X | Z, IDLE),
	WORDS("IptablesFilterDenyAction", "DROP|REJECT", "DROP", X | Z, IDLE),
	WORDS("NftablesFilterDenyAction", "DROP|REJECT", "DROP", X | Z, AT(deny_action)),
	OF(MILLIS, "IptablesLockProbeIntervalMillis", "50", 0, IDLE),
	OF(MASK, "IptablesMarkMask", "4294901760", X | Z, IDLE),
	OF(MASK, "NftablesMarkMask", "4294901760", X | Z, IDLE),
	OF(DEV_NAME, "IptablesNATOutgoingInterfaceFilter", "", 0, IDLE),
	SECONDS("IptablesPostWriteCheckIntervalSecs", "5", 0, IDLE),
	SECONDS("IptablesRefreshInterval", "180", 0, IDLE),
	SECONDS("NftablesRefreshInterval", "180", 0, AT(nftables_refresh_ns)),
	OF(PORT_RANGE_LIST, "KubeNodePortRanges", "30000:32767", 0, IDLE),
	INT("MaxIpsetSize", INT64_MIN, INT64_MAX, "1048576", Z, IDLE),

	/* eBPF */
	WORDS("BPFAttachType", "Netkit|TCX|TC", "Netkit", Z, IDLE),
	WORDS("BPFConnectTimeLoadBalancing", "Disabled|Enabled|TCP", "TCP", Z, IDLE),
	BOOL("BPFConnectTimeLoadBalancingEnabled", "", 0, IDLE),
	WORDS("BPFConntrackCleanupMode", "Auto|BPFProgram|Userspace", "Auto", 0, IDLE),
	OF(KEY_VALUE_LIST, "BPFConntrackTimeouts",
		"CreationGracePeriod=10s,TCPSynSent=20s,TCPEstablished=1h,TCPFinsSeen=Auto,"
		"TCPResetSeen=40s,UDPTimeout=60s,GenericTimeout=10m,ICMPTimeout=5s",
		0, IDLE),
	OF(CIDR_LIST, "BPFDSROptoutCIDRs", "", 0, IDLE),
	OF(CIDR_LIST, "BPFExcludeCIDRsFromNAT", "", 0, IDLE),
	TEXT("BPFDataIfacePattern", "^((en|wl|ww|sl|ib)[Popsx].*|(eth|wlan|wwan|bond).*)", 0, IDLE),
	TEXT("BPFDisableGROForIfaces", "", 0, IDLE),
	TEXT("BPFL3IfacePattern", "", 0, IDLE),
	BOOL("BPFDisableUnprivileged", "true", 0, IDLE),
	BOOL("BPFIPFragmentReassemblyEnabled", "true", 0, IDLE),
	BOOL("BPFKubeProxyIptablesCleanupEnabled", "true", 0, IDLE),
	BOOL("BPFPolicyDebugEnabled", "true", 0, IDLE),
	BOOL("BPFEnabled", "false", 0, IDLE),
	BOOL("BPFHostConntrackBypass", "false", 0, IDLE),
	WORDS("BPFEnforceRPF", "Disabled|Loose|Strict", "Loose", Z, IDLE),
	INT("BPFExportBufferSizeMB", INT64_MIN, INT64_MAX, "1", Z, IDLE),
	INT("BPFExtToServiceConnmark", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	WORDS("BPFExternalServiceMode", "dsr|tunnel", "tunnel", Z, IDLE),
	OF(DEV_NAME_LIST, "BPFForceTrackPacketsFromIfaces", "docker+", 0, IDLE),
	WORDS("BPFHostNetworkedNATWithoutCTLB", "Disabled|Enabled", "Enabled", Z, IDLE),
	SECONDS("BPFIPFragTimeout", "0", 0, IDLE),
	WORDS("BPFJITHardening", "Auto|Strict", "Auto", Z, IDLE),
	INT("BPFKubeProxyHealthzPort", INT64_MIN, INT64_MAX, "10256", 0, IDLE),
	SECONDS("BPFKubeProxyMinSyncPeriod", "1", 0, IDLE),
	WORDS("BPFLogLevel", "debug|info|off", "off", Z, IDLE),
	WORDS("BPFConntrackLogLevel", "debug|off", "off", Z, IDLE),
	WORDS("BPFCTLBLogFilter", "all", "", 0, IDLE),
	OF(KEY_VALUE_LIST, "BPFLogFilters", "", 0, IDLE),
	INT("BPFMaglevMaxEndpointsPerService", 1, 3000, "100", 0, IDLE),
	INT("BPFMaglevMaxServices", 1, 3000, "100", 0, IDLE),
	INT("BPFMapSizeConntrack", INT64_MIN, INT64_MAX, "512000", Z, IDLE),
	INT("BPFMapSizeConntrackCleanupQueue", INT64_MIN, INT64_MAX, "100000", Z, IDLE),
	INT("BPFMapSizeIPSets", INT64_MIN, INT64_MAX, "1048576", Z, IDLE),
	INT("BPFMapSizeIfState", INT64_MIN, INT64_MAX, "1000", Z, IDLE),
	INT("BPFMapSizeNATAffinity", INT64_MIN, INT64_MAX, "65536", Z, IDLE),
	INT("BPFMapSizeNATBackend", INT64_MIN, INT64_MAX, "262144", Z, IDLE),
	INT("BPFMapSizeNATFrontend", INT64_MIN, INT64_MAX, "65536", Z, IDLE),
	INT("BPFMapSizeRoute", INT64_MIN, INT64_MAX, "262144", Z, IDLE),
	INT("BPFMapSizePerCPUConntrack", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	WORDS("BPFMapSizeConntrackScaling", "Disabled|DoubleIfFull", "DoubleIfFull", Z, IDLE),
	WORDS("BPFOverlayHostSourceIP", "HostAddress|TunnelAddress", "TunnelAddress", Z, IDLE),
	OF(PORT_RANGE, "BPFPSNATPorts", "20000:29999", 0, IDLE),
	WORDS("BPFProfiling", "Disabled|Enabled", "Disabled", Z, IDLE),
	WORDS("BPFRedirectToPeer", "Disabled|Enabled|L2Only", "Enabled", Z, IDLE),
	BOOL("XDPEnabled", "true", 0, IDLE),

	/* Overlays */
	BOOL("VXLANEnabled", "", 0, IDLE),
	BOOL("IpInIpEnabled", "", 0, IDLE),
	INT("VXLANMTU", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	INT("VXLANMTUV6", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	INT("IpInIpMtu", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	INT("VXLANPort", 0, 65535, "4789", 0, AT(vxlan_port)),
	INT("VXLANVNI", INT64_MIN, INT64_MAX, "4096", 0, IDLE),
	BOOL("WireguardEnabled", "false", 0, IDLE),
	BOOL("WireguardEnabledV6", "false", 0, IDLE),
	BOOL("WireguardHostEncryptionEnabled", "false", 0, IDLE),
	BOOL("WireguardThreadingEnabled", "false", 0, IDLE),
	OF(DEV_NAME, "WireguardInterfaceName", "wireguard.cali", Z, IDLE),
	OF(DEV_NAME, "WireguardInterfaceNameV6", "wg-v6.cali", Z, IDLE),
	INT("WireguardListeningPort", INT64_MIN, INT64_MAX, "51820", 0, IDLE),
	INT("WireguardListeningPortV6", INT64_MIN, INT64_MAX, "51821", 0, IDLE),
	INT("WireguardMTU", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	INT("WireguardMTUV6", INT64_MIN, INT64_MAX, "0", 0, IDLE),
	SECONDS("WireguardPersistentKeepAlive", "0", 0, IDLE),
	INT("WireguardRoutingRulePriority", INT64_MIN, INT64_MAX, "99", 0, IDLE),

	/* Miscellaneous */
	BOOL("FlowLogsCollectorDebugTrace", "false", 0, IDLE),
	SECONDS("FlowLogsFlushInterval", "300", 0, IDLE),
	TEXT("FlowLogsGoldmaneServer", "", 0, IDLE),
	WORDS("FlowLogsPolicyEvaluationMode", "Continuous|None", "Continuous", 0, IDLE),
	WORDS("AWSSrcDstCheck", "Disable|DoNothing|Enable", "DoNothing", Z, IDLE),
	BOOL("UsageReportingEnabled", "true", 0, IDLE),
	SECONDS("UsageReportingInitialDelaySecs", "300", 0, IDLE),
	SECONDS("UsageReportingIntervalSecs", "86400", 0, IDLE),
	OF(HOST, "DebugHost", "localhost", 0, IDLE),
	INT("DebugPort", 0, 65535, "0", 0, IDLE),
	TEXT("DebugCPUProfilePath", "/tmp/felix-cpu-<timestamp>.pprof", 0, IDLE),
	TEXT("DebugMemoryProfilePath", "", 0, IDLE),
	BOOL("DebugDisableLogDropping", "false", 0, IDLE),
	SECONDS("DebugPanicAfter", "0", 0, IDLE),
	TEXT("DebugBPFCgroupV2", "", L, IDLE),
	SECONDS("DebugSimulateCalcGraphHangAfter", "0", 0, IDLE),
	SECONDS("DebugSimulateDataplaneHangAfter", "0", 0, IDLE),
	SECONDS("DebugSimulateDataplaneApplyDelay", "0", 0, IDLE),
	BOOL("DebugSimulateDataRace", "false", 0, IDLE),

	/* Read from ClusterInformation and Node, not meant for users */
	TEXT("ClusterGUID", "baddecaf", N, AT(cluster_guid)),
	TEXT("ClusterType", "", N, AT(cluster_type)),
	TEXT("CalicoVersion", "", N, AT(calico_version)),
	TEXT("Variant", "Calico", 0, IDLE),
	OF(IPV4, "IpInIpTunnelAddr", "", 0, IDLE),
	OF(IPV4, "IPv4VXLANTunnelAddr", "", 0, IDLE),
	OF(IPV6, "IPv6VXLANTunnelAddr", "", 0, IDLE),
	TEXT("VXLANTunnelMACAddr", "", 0, IDLE),
	TEXT("VXLANTunnelMACAddrV6", "", 0, IDLE),
};

const size_t params_n = ARRAY_SIZE(params);

const struct param *param_find(const char *name)
{
	for (size_t i = 0; i < params_n; i++)
		if (strcasecmp(params[i].name, name) == 0)
			return &params[i];
	return NULL;
}
