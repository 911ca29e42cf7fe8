/* SPDX-License-Identifier: GPL-2.0-or-later */
/* felix_fields.h - the members of a FelixConfiguration, each once: the list makes the struct and
 * the table. The C members carry the JSON names.
 *
 * Source: datamodel.md 2.0.3, 2.18.
 */
#pragma once

#include "check.h"

#define ON_OFF          WORDS("Enabled", "Disabled")
#define A_SWITCH        CHECK(.words = ON_OFF)
#define A_DURATION      CHECK(.pattern = &pattern_duration)
#define A_REGEXP        CHECK(.tag = &tag_regexp)
#define A_PRIORITY      CHECK(.bounds = { GTE(1), LTE(2147483646) })
#define AN_ALLOW_ACTION CHECK(.words_any_case = WORDS("Accept", "Return"))
#define A_DENY_ACTION   CHECK(.words_any_case = WORDS("Drop", "Reject"))
#define A_LOG_LEVEL \
	CHECK(.words_any_case = WORDS("Trace", "Debug", "Info", "Warning", "Error", "Fatal"))

#define FELIX_FIELDS(X)                                                                           \
	X(TEXT, nodeSelector)                                                                     \
	X(BOOL, useInternalDataplaneDriver)                                                       \
	X(TEXT, dataplaneDriver)                                                                  \
	X(DURATION, dataplaneWatchdogTimeout)                                                     \
	X(BOOL, ipv6Support)                                                                      \
	X(DURATION, routeRefreshInterval, A_DURATION)                                             \
	X(DURATION, interfaceRefreshInterval, A_DURATION)                                         \
	X(DURATION, iptablesRefreshInterval, A_DURATION)                                          \
	X(DURATION, iptablesPostWriteCheckInterval, A_DURATION)                                   \
	X(DURATION, iptablesLockProbeInterval, A_DURATION)                                        \
	X(TEXT, featureDetectOverride,                                                            \
		CHECK(.tag = &tag_key_values, .pattern = &pattern_feature_detect))                \
	X(TEXT, featureGates, CHECK(.tag = &tag_key_values, .pattern = &pattern_feature_gates))   \
	X(DURATION, ipsetsRefreshInterval, A_DURATION)                                            \
	X(INT, maxIpsetSize)                                                                      \
	X(TEXT, iptablesBackend,                                                                  \
		CHECK(.words_any_case = WORDS("Auto", "Legacy", "NFT"),                           \
			.words = WORDS("Legacy", "NFT", "Auto")))                                 \
	X(DURATION, xdpRefreshInterval, A_DURATION)                                               \
	X(DURATION, netlinkTimeout, A_DURATION)                                                   \
	X(TEXT, metadataAddr)                                                                     \
	X(INT, metadataPort)                                                                      \
	X(TEXT, openstackRegion)                                                                  \
	X(TEXT, interfacePrefix)                                                                  \
	X(TEXT, interfaceExclude)                                                                 \
	X(TEXT, chainInsertMode, CHECK(.words_any_case = WORDS("Insert", "Append")))              \
	X(TEXT, defaultEndpointToHostAction,                                                      \
		CHECK(.words_any_case = WORDS("Drop", "Accept", "Return")))                       \
	X(TEXT, iptablesFilterAllowAction, AN_ALLOW_ACTION)                                       \
	X(TEXT, iptablesMangleAllowAction, AN_ALLOW_ACTION)                                       \
	X(TEXT, iptablesFilterDenyAction, A_DENY_ACTION)                                          \
	X(TEXT, logPrefix, CHECK(.pattern = &pattern_log_prefix))                                 \
	X(TEXT, logActionRateLimit, CHECK(.pattern = &pattern_log_rate))                          \
	X(INT, logActionRateLimitBurst, CHECK(.range = { GTE(0), LTE(9999) }))                    \
	X(TEXT, logFilePath)                                                                      \
	X(TEXT, logSeverityFile, A_LOG_LEVEL)                                                     \
	X(TEXT, logSeverityScreen, A_LOG_LEVEL)                                                   \
	X(TEXT, logSeveritySys, A_LOG_LEVEL)                                                      \
	X(TEXT, logDebugFilenameRegex, A_REGEXP)                                                  \
	X(BOOL, ipipEnabled)                                                                      \
	X(INT, ipipMTU)                                                                           \
	X(BOOL, vxlanEnabled)                                                                     \
	X(INT, vxlanMTU)                                                                          \
	X(INT, vxlanMTUV6)                                                                        \
	X(INT, vxlanPort)                                                                         \
	X(INT, vxlanVNI)                                                                          \
	X(BOOL, allowVXLANPacketsFromWorkloads)                                                   \
	X(BOOL, allowIPIPPacketsFromWorkloads)                                                    \
	X(DURATION, reportingInterval, A_DURATION)                                                \
	X(DURATION, reportingTTL, A_DURATION)                                                     \
	X(BOOL, endpointReportingEnabled)                                                         \
	X(DURATION, endpointReportingDelay, A_DURATION)                                           \
	X(TEXT, endpointStatusPathPrefix)                                                         \
	X(INT, iptablesMarkMask, CHECK(.range = { GTE(0), LTE(4294967295) }))                     \
	X(BOOL, disableConntrackInvalidCheck)                                                     \
	X(BOOL, healthEnabled)                                                                    \
	X(TEXT, healthHost)                                                                       \
	X(INT, healthPort)                                                                        \
	X(HEALTH_TIMEOUTS, healthTimeoutOverrides)                                                \
	X(BOOL, prometheusMetricsEnabled)                                                         \
	X(TEXT, prometheusMetricsHost, CHECK(.tag = &tag_prometheus_host))                        \
	X(INT, prometheusMetricsPort)                                                             \
	X(BOOL, prometheusGoMetricsEnabled)                                                       \
	X(BOOL, prometheusProcessMetricsEnabled)                                                  \
	X(BOOL, prometheusWireGuardMetricsEnabled)                                                \
	X(TEXT, prometheusMetricsCAFile)                                                          \
	X(TEXT, prometheusMetricsCertFile)                                                        \
	X(TEXT, prometheusMetricsKeyFile)                                                         \
	X(TEXT, prometheusMetricsClientAuth,                                                      \
		CHECK(.oneof = WORDS("RequireAndVerifyClientCert", "RequireAnyClientCert",        \
			      "VerifyClientCertIfGiven", "NoClientCert"),                         \
			.words = WORDS("RequireAndVerifyClientCert", "RequireAnyClientCert",      \
				"VerifyClientCertIfGiven", "NoClientCert")))                      \
	X(PROTO_PORTS, failsafeInboundHostPorts)                                                  \
	X(PROTO_PORTS, failsafeOutboundHostPorts)                                                 \
	X(PORTS, kubeNodePortRanges, CHECK(.max_items = 7))                                       \
	X(TEXT, policySyncPathPrefix)                                                             \
	X(BOOL, usageReportingEnabled)                                                            \
	X(DURATION, usageReportingInitialDelay, A_DURATION)                                       \
	X(DURATION, usageReportingInterval, A_DURATION)                                           \
	X(PORT, natPortRange)                                                                     \
	X(TEXT, natOutgoingAddress)                                                               \
	X(TEXT, natOutgoingExclusions,                                                            \
		CHECK(.oneof = WORDS("IPPoolsOnly", "IPPoolsAndHostIPs"),                         \
			.words = WORDS("IPPoolsOnly", "IPPoolsAndHostIPs")))                      \
	X(TEXT, deviceRouteSourceAddress)                                                         \
	X(TEXT, deviceRouteSourceAddressIPv6)                                                     \
	X(INT, deviceRouteProtocol)                                                               \
	X(BOOL, removeExternalRoutes)                                                             \
	X(TEXT, programClusterRoutes,                                                             \
		CHECK(.words = WORDS(                                                             \
			      "Enabled", "Disabled", "EnabledIPIPOnly", "EnabledNoEncapOnly")))   \
	X(TEXT, ipForwarding, A_SWITCH)                                                           \
	X(TEXTS, externalNodesList, .go_name = "ExternalNodesCIDRList")                           \
	X(TEXT, debugMemoryProfilePath)                                                           \
	X(BOOL, debugDisableLogDropping)                                                          \
	X(DURATION, debugSimulateCalcGraphHangAfter, A_DURATION)                                  \
	X(DURATION, debugSimulateDataplaneHangAfter, A_DURATION)                                  \
	X(DURATION, debugSimulateDataplaneApplyDelay, A_DURATION)                                 \
	X(TEXT, debugHost)                                                                        \
	X(INT, debugPort, CHECK(.bounds = { GTE(0), LTE(65535) }))                                \
	X(TEXT, iptablesNATOutgoingInterfaceFilter, CHECK(.tag = &tag_iface_filter))              \
	X(BOOL, sidecarAccelerationEnabled)                                                       \
	X(BOOL, xdpEnabled)                                                                       \
	X(BOOL, genericXDPEnabled)                                                                \
	X(TEXT, nftablesMode,                                                                     \
		CHECK(.fallback = "Auto", .words = WORDS("Disabled", "Enabled", "Auto")))         \
	X(TEXT, nftablesFlowTableOffload,                                                         \
		CHECK(.fallback = "Disabled", .words = WORDS("All", "Disabled")))                 \
	X(TEXT, nftablesFlowTableDataIfacePattern, A_REGEXP)                                      \
	X(DURATION, nftablesRefreshInterval)                                                      \
	X(TEXT, nftablesFilterAllowAction, AN_ALLOW_ACTION)                                       \
	X(TEXT, nftablesMangleAllowAction, AN_ALLOW_ACTION)                                       \
	X(TEXT, nftablesFilterDenyAction, A_DENY_ACTION)                                          \
	X(INT, nftablesMarkMask, CHECK(.range = { GTE(0), LTE(4294967295) }))                     \
	X(BOOL, bpfEnabled)                                                                       \
	X(TEXT, bpfOverlayHostSourceIP,                                                           \
		CHECK(.oneof = WORDS("TunnelAddress", "HostAddress"),                             \
			.words = WORDS("TunnelAddress", "HostAddress")))                          \
	X(BOOL, bpfDisableUnprivileged)                                                           \
	X(TEXT, bpfJITHardening,                                                                  \
		CHECK(.oneof = WORDS("Auto", "Strict"), .words = WORDS("Auto", "Strict")))        \
	X(TEXT, bpfLogLevel, .flags = FIELD_ALWAYS,                                               \
		CHECK(.words_any_case = WORDS("Off", "Info", "Debug")))                           \
	X(TEXT, bpfConntrackLogLevel,                                                             \
		CHECK(.oneof = WORDS("Off", "Debug"), .words = WORDS("Off", "Debug")))            \
	X(TEXT, bpfConntrackMode, .go_name = "BPFConntrackCleanupMode",                           \
		CHECK(.oneof = WORDS("Auto", "Userspace", "BPFProgram"),                          \
			.words = WORDS("Auto", "Userspace", "BPFProgram")))                       \
	X(CONNTRACK_TIMEOUTS, bpfConntrackTimeouts)                                               \
	X(DURATION, bpfIPFragTimeout, A_DURATION)                                                 \
	X(MAP, bpfLogFilters, CHECK(.tag = &tag_bpf_log_filters))                                 \
	X(TEXT, bpfCTLBLogFilter)                                                                 \
	X(TEXT, bpfDataIfacePattern, A_REGEXP)                                                    \
	X(TEXT, bpfL3IfacePattern, A_REGEXP)                                                      \
	X(BOOL, bpfConnectTimeLoadBalancingEnabled)                                               \
	X(TEXT, bpfConnectTimeLoadBalancing,                                                      \
		CHECK(.fallback = "TCP", .oneof = WORDS("TCP", "Enabled", "Disabled"),            \
			.words = WORDS("TCP", "Enabled", "Disabled")))                            \
	X(TEXT, bpfHostNetworkedNATWithoutCTLB,                                                   \
		CHECK(.fallback = "Enabled", .oneof = ON_OFF, .words = ON_OFF))                   \
	X(TEXT, bpfExternalServiceMode, CHECK(.words_any_case = WORDS("Tunnel", "DSR")))          \
	X(TEXTS, bpfDSROptoutCIDRs, CHECK(.tag = &tag_cidrs))                                     \
	X(INT, bpfExtToServiceConnmark, CHECK(.bounds = { GTE(0), LTE(4294967295) }))             \
	X(BOOL, bpfKubeProxyIptablesCleanupEnabled)                                               \
	X(DURATION, bpfKubeProxyMinSyncPeriod, A_DURATION)                                        \
	X(INT, bpfKubeProxyHealthzPort, CHECK(.bounds = { GTE(0), LTE(65535) }))                  \
	X(PORT, bpfPSNATPorts)                                                                    \
	X(INT, bpfMapSizeNATFrontend)                                                             \
	X(INT, bpfMapSizeNATBackend)                                                              \
	X(INT, bpfMapSizeNATAffinity)                                                             \
	X(INT, bpfMapSizeRoute)                                                                   \
	X(INT, bpfMapSizeConntrack)                                                               \
	X(INT, bpfMapSizePerCpuConntrack)                                                         \
	X(TEXT, bpfMapSizeConntrackScaling,                                                       \
		CHECK(.words_any_case = WORDS("Disabled", "DoubleIfFull")))                       \
	X(INT, bpfMapSizeConntrackCleanupQueue, CHECK(.bounds = { GTE(1) }, .range = { GTE(1) })) \
	X(INT, bpfMapSizeIPSets)                                                                  \
	X(INT, bpfMapSizeIfState)                                                                 \
	X(BOOL, bpfHostConntrackBypass)                                                           \
	X(BOOL, bpfIPFragmentReassemblyEnabled)                                                   \
	X(TEXT, bpfEnforceRPF, CHECK(.words_any_case = WORDS("Disabled", "Strict", "Loose")))     \
	X(BOOL, bpfPolicyDebugEnabled)                                                            \
	X(TEXTS, bpfForceTrackPacketsFromIfaces, CHECK(.tag = &tag_iface_filters))                \
	X(TEXT, bpfDisableGROForIfaces, A_REGEXP)                                                 \
	X(TEXTS, bpfExcludeCIDRsFromNAT, CHECK(.tag = &tag_cidrs))                                \
	X(INT, bpfExportBufferSizeMB)                                                             \
	X(TEXT, istioAmbientMode, A_SWITCH)                                                       \
	X(DSCP, istioDSCPMark)                                                                    \
	X(TEXT, cgroupV2Path)                                                                     \
	X(TEXT, flowLogsPolicyEvaluationMode, CHECK(.words = WORDS("None", "Continuous")))        \
	X(TEXT, bpfRedirectToPeer, A_SWITCH)                                                      \
	X(TEXT, bpfAttachType,                                                                    \
		CHECK(.oneof = WORDS("TC", "TCX", "Netkit"),                                      \
			.words = WORDS("TC", "TCX", "Netkit")))                                   \
	X(DURATION, flowLogsFlushInterval, A_DURATION)                                            \
	X(BOOL, flowLogsCollectorDebugTrace)                                                      \
	X(TEXT, flowLogsGoldmaneServer)                                                           \
	X(TEXT, flowLogsLocalReporter, CHECK(.words = WORDS("Disabled", "Enabled")))              \
	X(TEXT, bpfProfiling, A_SWITCH)                                                           \
	X(TEXT, routeSource, CHECK(.words_any_case = WORDS("WorkloadIPs", "CalicoIPAM")))         \
	X(TABLE_RANGES, routeTableRanges)                                                         \
	X(TABLE_RANGE, routeTableRange)                                                           \
	X(BOOL, routeSyncDisabled)                                                                \
	X(INT, ipv4NormalRoutePriority, A_PRIORITY)                                               \
	X(INT, ipv4ElevatedRoutePriority, A_PRIORITY)                                             \
	X(INT, ipv6NormalRoutePriority, A_PRIORITY)                                               \
	X(INT, ipv6ElevatedRoutePriority, A_PRIORITY)                                             \
	X(DURATION, liveMigrationRouteConvergenceTime,                                            \
		CHECK(.pattern = &pattern_duration_fraction))                                     \
	X(BOOL, wireguardEnabled)                                                                 \
	X(BOOL, wireguardEnabledV6)                                                               \
	X(BOOL, wireguardThreadingEnabled)                                                        \
	X(INT, wireguardListeningPort, CHECK(.bounds = { GT(0), LTE(65535) }))                    \
	X(INT, wireguardListeningPortV6, CHECK(.bounds = { GT(0), LTE(65535) }))                  \
	X(INT, wireguardRoutingRulePriority, CHECK(.bounds = { GT(0), LT(32766) }))               \
	X(TEXT, wireguardInterfaceName, CHECK(.tag = &tag_interface))                             \
	X(TEXT, wireguardInterfaceNameV6, CHECK(.tag = &tag_interface))                           \
	X(INT, wireguardMTU)                                                                      \
	X(INT, wireguardMTUV6)                                                                    \
	X(BOOL, wireguardHostEncryptionEnabled)                                                   \
	X(DURATION, wireguardKeepAlive, A_DURATION)                                               \
	X(TEXT, awsSrcDstCheck,                                                                   \
		CHECK(.oneof = WORDS("DoNothing", "Enable", "Disable"),                           \
			.words = WORDS("DoNothing", "Enable", "Disable")))                        \
	X(TEXT, serviceLoopPrevention,                                                            \
		CHECK(.oneof = WORDS("Drop", "Reject", "Disabled"),                               \
			.words_any_case = WORDS("Drop", "Reject", "Disabled")))                   \
	X(TEXT, workloadSourceSpoofing,                                                           \
		CHECK(.oneof = WORDS("Disabled", "Any"),                                          \
			.words_any_case = WORDS("Disabled", "Any")))                              \
	X(TEXT, mtuIfacePattern, A_REGEXP)                                                        \
	X(TEXT, floatingIPs, CHECK(.fallback = "Disabled", .words = ON_OFF))                      \
	X(TEXT, localSubnetL2Reachability,                                                        \
		CHECK(.oneof = WORDS("Disabled", "PodsAndLoadBalancers"),                         \
			.words = WORDS("Disabled", "PodsAndLoadBalancers")))                      \
	X(DURATION, localSubnetL2ReachabilityRefreshInterval)                                     \
	X(TEXT, windowsManageFirewallRules, CHECK(.oneof = ON_OFF, .words = ON_OFF))              \
	X(INT, goGCThreshold, CHECK(.bounds = { GTE(-1) }))                                       \
	X(INT, goMemoryLimitMB, CHECK(.bounds = { GTE(-1) }))                                     \
	X(INT, goMaxProcs, CHECK(.bounds = { GTE(-1) }))                                          \
	X(BOOL, requireMTUFile)                                                                   \
	X(INT, bpfMaglevMaxEndpointsPerService, CHECK(.bounds = { GT(0), LTE(3000) }))            \
	X(INT, bpfMaglevMaxServices, CHECK(.bounds = { GT(0), LTE(3000) }))
