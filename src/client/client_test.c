/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/client.h"
#include "io/loop.h"
#include "model/bgp.h"
#include "model/block.h"
#include "model/endpoint.h"
#include "model/node.h"
#include "model/policy.h"
#include "store/call.h"
#include "store/memory.h"

#define PREFIX "/calico/resources/v3/projectcalico.org/"

struct world {
	struct loop *loop;
	struct memory_datastore *data;
	struct store *store;
	struct client *client;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	assert_int_equal(loop_new(&w->loop), 0);
	w->data = memory_datastore_new(w->loop);
	w->store = memory_store_new(w->data);
	w->client = client_new(w->loop, w->store, 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	client_free(w->client);
	store_free(w->store);
	memory_datastore_free(w->data);
	loop_free(w->loop);
	free(w);
	return 0;
}

/* Decodes, creates, and expects that status and text. */
static struct resource *create(struct world *w, enum kind kind, const char *json,
	enum client_status status, const char *error)
{
	struct resource *res = NULL;
	struct err err = { 0 };
	assert_int_equal(resource_decode(kind, json, strlen(json), &res, &err), 0);
	enum client_status got = client_create(w->client, res);
	assert_string_equal(client_error(w->client), error);
	assert_int_equal(got, status);
	return res;
}

static void make(struct world *w, enum kind kind, const char *json)
{
	resource_free(create(w, kind, json, CLIENT_OK, ""));
}

static void refuse(struct world *w, enum kind kind, const char *json, enum client_status status,
	const char *error)
{
	resource_free(create(w, kind, json, status, error));
}

static struct resource *get(struct world *w, enum kind kind, const char *ns, const char *name)
{
	struct resource *res = NULL;
	assert_int_equal(client_get(w->client, kind, ns, name, NULL, &res), CLIENT_OK);
	return res;
}

static void expect_delete(struct world *w, enum kind kind, const char *name,
	enum client_status status, const char *error)
{
	enum client_status got = client_delete(w->client, kind, NULL, name, NULL);
	assert_string_equal(client_error(w->client), error);
	assert_int_equal(got, status);
}

static size_t count(struct world *w, enum kind kind)
{
	struct resource_list list;
	assert_int_equal(client_list(w->client, kind, NULL, NULL, &list), CLIENT_OK);
	size_t n = list.n;
	resource_list_done(&list);
	return n;
}

static void test_initialize(void **state)
{
	struct world *w = *state;
	assert_int_equal(client_initialize(w->client, "v3.33.0", "k8s"), CLIENT_OK);
	assert_int_equal(count(w, KIND_TIER), 3);
	_cleanup_(resource_freep) struct resource *first =
		get(w, KIND_CLUSTER_INFORMATION, NULL, "default");
	assert_int_equal(strlen(resource_cluster_information(first)->cluster_guid), 32);
	assert_true(resource_cluster_information(first)->datastore_ready.value);

	uint64_t writes = memory_count(w->data, STORE_CREATE) + memory_count(w->data, STORE_UPDATE);
	assert_int_equal(client_initialize(w->client, "", "bgp,k8s"), CLIENT_OK);
	assert_int_equal(memory_count(w->data, STORE_CREATE) + memory_count(w->data, STORE_UPDATE),
		writes + 1);
	_cleanup_(resource_freep) struct resource *second =
		get(w, KIND_CLUSTER_INFORMATION, NULL, "default");
	const struct cluster_information_spec *s = resource_cluster_information(second);
	assert_string_equal(s->cluster_guid, resource_cluster_information(first)->cluster_guid);
	assert_string_equal(s->cluster_type, "k8s,bgp");
	assert_string_equal(s->calico_version, "v3.33.0");
}

static void test_life(void **state)
{
	struct world *w = *state;
	_cleanup_(resource_freep) struct resource *res = create(w, KIND_GLOBAL_NETWORK_SET,
		"{\"metadata\":{\"name\":\"s\"},\"spec\":{\"nets\":[\"10.0.0.0/8\"]}}", CLIENT_OK,
		"");
	assert_int_equal(strlen(res->meta.uid), 36);
	assert_int_equal(res->meta.uid[14], '4');
	assert_int_equal(strlen(res->meta.creation_timestamp), 20);
	assert_non_null(res->meta.resource_version);
	refuse(w, KIND_GLOBAL_NETWORK_SET, "{\"metadata\":{\"name\":\"s\"}}", CLIENT_E_EXISTS,
		"resource already exists: GlobalNetworkSet(s) with error: <nil>");

	_cleanup_(resource_freep) struct resource *old = resource_copy(res);
	text_map_set(&res->meta.labels, &res->arena, "a", "b");
	assert_int_equal(client_update(w->client, res), CLIENT_OK);
	assert_string_not_equal(res->meta.resource_version, old->meta.resource_version);
	assert_string_equal(res->meta.uid, old->meta.uid);
	assert_int_equal(client_update(w->client, old), CLIENT_E_CONFLICT);
	assert_string_equal(client_error(w->client), "update conflict: GlobalNetworkSet(s)");
	old->meta.resource_version = NULL;
	assert_int_equal(client_update(w->client, old), CLIENT_E_INVALID);
	assert_non_null(strstr(client_error(w->client), "Metadata.ResourceVersion"));

	assert_int_equal(client_delete(w->client, KIND_GLOBAL_NETWORK_SET, NULL, "s", "1"),
		CLIENT_E_CONFLICT);
	expect_delete(w, KIND_GLOBAL_NETWORK_SET, "s", CLIENT_OK, "");
	expect_delete(w, KIND_GLOBAL_NETWORK_SET, "s", CLIENT_E_NOT_FOUND,
		"resource does not exist: GlobalNetworkSet(s) with error: <nil>");
	expect_delete(w, KIND_GLOBAL_NETWORK_SET, "", CLIENT_E_NOT_FOUND,
		"resource does not exist: GlobalNetworkSet() with error: <nil>");
}

static void test_requests(void **state)
{
	struct world *w = *state;
	refuse(w, KIND_GLOBAL_NETWORK_SET,
		"{\"metadata\":{\"name\":\"s\",\"resourceVersion\":\"7\"}}", CLIENT_E_INVALID,
		"error with field Metadata.ResourceVersion = '7' (field must not be set for a "
		"Create "
		"request)");
	refuse(w, KIND_NETWORK_SET, "{\"metadata\":{\"name\":\"s\"}}", CLIENT_E_INVALID,
		"error with field Metadata.Namespace (namespace is not specified on namespaced "
		"resource)");
	struct resource *res;
	assert_int_equal(
		client_get(w->client, KIND_TIER, NULL, "x", "abc", &res), CLIENT_E_INVALID);
	assert_string_equal(client_error(w->client), "error with field ResourceVersion = 'abc'");
	assert_int_equal(
		client_get(w->client, KIND_TIER, NULL, "a/b", NULL, &res), CLIENT_E_NOT_FOUND);
}

static void test_policy(void **state)
{
	struct world *w = *state;
	refuse(w, KIND_GLOBAL_NETWORK_POLICY, "{\"metadata\":{\"name\":\"p\"}}", CLIENT_E_NOT_FOUND,
		"resource does not exist: Tier(default) with error: <nil>");
	assert_int_equal(client_initialize(w->client, "", ""), CLIENT_OK);
	_cleanup_(resource_freep) struct resource *res = create(w, KIND_GLOBAL_NETWORK_POLICY,
		"{\"metadata\":{\"name\":\"p\"},\"spec\":{\"egress\":[{\"action\":\"Deny\"}]}}",
		CLIENT_OK, "");
	assert_string_equal(resource_policy(res)->tier, "default");
	assert_string_equal(resource_policy(res)->types.v[0], "Egress");
	assert_int_equal(res->meta.annotations.n, 0); /* stored, but not shown */
	assert_string_equal(text_map_get(&res->meta.labels, "projectcalico.org/tier"), "default");

	const char *legacy = "{\"metadata\":{\"name\":\"default.old\"},\"spec\":{\"order\":7}}";
	memory_put(w->data, PREFIX "globalnetworkpolicies/default.old", legacy, strlen(legacy));
	_cleanup_(resource_freep) struct resource *old =
		get(w, KIND_GLOBAL_NETWORK_POLICY, NULL, "default.old");
	assert_string_equal(old->meta.name, "old");
	expect_delete(w, KIND_GLOBAL_NETWORK_POLICY, "old", CLIENT_E_NOT_FOUND,
		"resource does not exist: GlobalNetworkPolicy(old) with error: <nil>");
	expect_delete(w, KIND_GLOBAL_NETWORK_POLICY, "default.old", CLIENT_OK, "");
}

static void test_tier(void **state)
{
	struct world *w = *state;
	assert_int_equal(client_initialize(w->client, "", ""), CLIENT_OK);
	make(w, KIND_TIER, "{\"metadata\":{\"name\":\"t\"}}");
	make(w, KIND_NETWORK_POLICY,
		"{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\"},\"spec\":{\"tier\":\"t\"}}");
	expect_delete(w, KIND_TIER, "default", CLIENT_E_UNSUPPORTED,
		"operation Delete is not supported on default: Cannot delete default tier");
	expect_delete(w, KIND_TIER, "t", CLIENT_E_UNSUPPORTED,
		"operation delete is not supported on t: Cannot delete a non-empty tier");
	assert_int_equal(client_delete(w->client, KIND_NETWORK_POLICY, "n", "p", NULL), CLIENT_OK);
	expect_delete(w, KIND_TIER, "t", CLIENT_OK, "");
}

static void test_default_allow(void **state)
{
	struct world *w = *state;
	make(w, KIND_PROFILE, "{\"metadata\":{\"name\":\"z\"}}");
	struct resource_list list;
	assert_int_equal(client_list(w->client, KIND_PROFILE, NULL, NULL, &list), CLIENT_OK);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[1]->meta.name, "projectcalico-default-allow");
	resource_list_done(&list);
	_cleanup_(resource_freep) struct resource *res =
		get(w, KIND_PROFILE, NULL, "projectcalico-default-allow");
	assert_string_equal(res->meta.resource_version, "1");
	assert_string_equal(resource_profile(res)->ingress.v[0].action, "Allow");
	refuse(w, KIND_PROFILE, "{\"metadata\":{\"name\":\"projectcalico-default-allow\"}}",
		CLIENT_E_EXISTS,
		"resource already exists: projectcalico-default-allow with error: "
		"projectcalico-default-allow already exists. The profile "
		"\"projectcalico-default-allow\" is default provided by Calico");
	expect_delete(w, KIND_PROFILE, "projectcalico-default-allow", CLIENT_E_UNSUPPORTED,
		"operation Delete is not supported on projectcalico-default-allow: The profile "
		"\"projectcalico-default-allow\" is a default provided by Calico and cannot be "
		"deleted");
}

static void test_pool(void **state)
{
	struct world *w = *state;
	_cleanup_(resource_freep) struct resource *res = create(w, KIND_IP_POOL,
		"{\"metadata\":{\"name\":\"a\"},\"spec\":{\"cidr\":\"10.60.0.0/16\"}}", CLIENT_OK,
		"");
	assert_int_equal(resource_ip_pool(res)->block_size, 26);
	refuse(w, KIND_IP_POOL,
		"{\"metadata\":{\"name\":\"b\"},\"spec\":{\"cidr\":\"10.0.0.0/8\"}}",
		CLIENT_E_INVALID,
		"error with field IPPool.Spec.CIDR = '10.0.0.0/8' (IPPool(b) CIDR overlaps with "
		"IPPool(a) CIDR 10.60.0.0/16)");
	refuse(w, KIND_IP_POOL,
		"{\"metadata\":{\"name\":\"b\"},\"spec\":{\"cidr\":\"10.1.0.7/16\"}}",
		CLIENT_E_INVALID,
		"error with field IPPool.Spec.CIDR = '10.1.0.0/16' (IPPool CIDR is not strictly "
		"masked)");
	memory_put(w->data, "/calico/ipam/v2/assignment/ipv4/block/10.70.0.0-28", "{}", 2);
	refuse(w, KIND_IP_POOL,
		"{\"metadata\":{\"name\":\"b\"},\"spec\":{\"cidr\":\"10.70.0.0/16\"}}",
		CLIENT_E_INVALID,
		"error with field IPPool.Spec.BlockSize = '26' (IPPool blocksSize conflicts with "
		"existing allocations that use a different blockSize)");

	resource_ip_pool(res)->cidr = "10.61.0.0/16";
	assert_int_equal(client_update(w->client, res), CLIENT_E_INVALID);
	assert_string_equal(client_error(w->client),
		"error with field IPPool.Spec.CIDR = '10.61.0.0/16' "
		"(IPPool CIDR cannot be modified)");
	resource_ip_pool(res)->cidr = "10.60.0.0/16";
	resource_ip_pool(res)->block_size = 27;
	assert_int_equal(client_update(w->client, res), CLIENT_E_INVALID);
	assert_string_equal(client_error(w->client), "error with field IPPool.Spec.BlockSize = "
						     "'27' (IPPool BlockSize cannot be modified)");

	uint64_t updates = memory_count(w->data, STORE_UPDATE);
	expect_delete(w, KIND_IP_POOL, "a", CLIENT_OK, "");
	assert_int_equal(memory_count(w->data, STORE_UPDATE), updates + 1); /* disabled first */
	assert_int_equal(count(w, KIND_IP_POOL), 0);
}

#define IPAM     "/calico/ipam/v2/"
#define BLOCK    IPAM "assignment/ipv4/block/10.60.0.0-30"
#define AFFINITY IPAM "host/n1/ipv4/block/10.60.0.0-30"

/* n1 has a block; in it are a tunnel's address, a workload's, and another node's. */
static void put_addresses(struct world *w)
{
	static const char block[] =
		"{\"cidr\":\"10.60.0.0/30\",\"affinity\":\"host:n1\",\"allocations\":[0,1,2,null],"
		"\"unallocated\":[3],\"attributes\":[{\"handle_id\":\"t\"},{\"handle_id\":\"c\"},"
		"{\"handle_id\":\"other\"}],\"sequenceNumber\":9,\"sequenceNumberForAllocation\":"
		"{\"0\":1,\"1\":1,\"2\":1},\"deleted\":false}";
	static const char count[] = "{\"block\":{\"10.60.0.0/30\":1},\"deleted\":false}";
	static const char state[] = "{\"state\":\"confirmed\",\"deleted\":false}";

	memory_put(w->data, BLOCK, block, strlen(block));
	memory_put(w->data, AFFINITY, state, strlen(state));
	memory_put(w->data, IPAM "handle/t", count, strlen(count));
	memory_put(w->data, IPAM "handle/c", count, strlen(count));
	memory_put(w->data, IPAM "handle/other", count, strlen(count));
}

/* How many addresses the block has and whether a node has it; -1 without a block. */
static int read_block(struct world *w, bool *owned)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct key key = { .type = KEY_BLOCK };
	struct store_reply reply;
	struct err err = { 0 };
	struct block b;
	int n = -1;

	assert_int_equal(cidr_parse("10.60.0.0/30", &key.cidr), 0);
	if (call_get(w->loop, w->store, &key, NULL, 0, &reply) == STORE_OK) {
		assert_int_equal(
			block_decode(reply.kvs[0].value, reply.kvs[0].len, &arena, &b, &err), 0);
		n = 4 - (int)b.n_unallocated;
		*owned = b.affinity != NULL;
	}
	store_reply_done(&reply);
	return n;
}

static bool has_affinity(struct world *w)
{
	struct key key = { .type = KEY_BLOCK_AFFINITY, .affinity_type = "host", .host = "n1" };
	struct store_reply reply;
	assert_int_equal(cidr_parse("10.60.0.0/30", &key.cidr), 0);
	bool found = call_get(w->loop, w->store, &key, NULL, 0, &reply) == STORE_OK;
	store_reply_done(&reply);
	return found;
}

#define POOL_OF_30                                                                          \
	"{\"metadata\":{\"name\":\"a\"},\"spec\":{\"cidr\":\"10.60.0.0/24\",\"blockSize\":30}}"

static void test_pool_gives_blocks_back(void **state)
{
	struct world *w = *state;
	bool owned;
	make(w, KIND_IP_POOL, POOL_OF_30);
	put_addresses(w);
	assert_true(has_affinity(w));
	expect_delete(w, KIND_IP_POOL, "a", CLIENT_OK, "");
	assert_false(has_affinity(w));
	assert_int_equal(read_block(w, &owned), 3); /* in use, so they stay */
	assert_false(owned);
}

static void test_node_gives_addresses_back(void **state)
{
	struct world *w = *state;
	bool owned;
	make(w, KIND_IP_POOL, POOL_OF_30);
	make(w, KIND_NODE,
		"{\"metadata\":{\"name\":\"n1\"},\"spec\":{\"bgp\":{\"ipv4Address\":\"10.1.0.1/24\","
		"\"ipv4IPIPTunnelAddr\":\"10.60.0.0\"}}}");
	make(w, KIND_WORKLOAD_ENDPOINT,
		"{\"metadata\":{\"namespace\":\"x\"},\"spec\":{\"node\":\"n1\",\"orchestrator\":"
		"\"cni\",\"containerID\":\"c\",\"endpoint\":\"eth0\",\"interfaceName\":\"cali1\","
		"\"ipNetworks\":[\"10.60.0.1/32\"]}}");
	put_addresses(w);
	expect_delete(w, KIND_NODE, "n1", CLIENT_OK, "");
	assert_false(has_affinity(w));
	assert_int_equal(read_block(w, &owned), 1);
	assert_false(owned);
}

static void test_node_delete(void **state)
{
	struct world *w = *state;
	make(w, KIND_NODE, "{\"metadata\":{\"name\":\"n1\"}}");
	assert_int_equal(count(w, KIND_TIER), 3); /* a first Node sets up the cluster */
	make(w, KIND_NODE, "{\"metadata\":{\"name\":\"n2\"}}");
	make(w, KIND_WORKLOAD_ENDPOINT,
		"{\"metadata\":{\"namespace\":\"x\"},\"spec\":{\"node\":\"n1\",\"orchestrator\":"
		"\"cni\","
		"\"containerID\":\"c\",\"endpoint\":\"eth0\",\"interfaceName\":\"cali1\"}}");
	make(w, KIND_WORKLOAD_ENDPOINT,
		"{\"metadata\":{\"namespace\":\"x\"},\"spec\":{\"node\":\"n2\",\"orchestrator\":"
		"\"cni\","
		"\"containerID\":\"c\",\"endpoint\":\"eth0\",\"interfaceName\":\"cali2\"}}");
	make(w, KIND_BGP_PEER, "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"node\":\"n1\"}}");
	make(w, KIND_FELIX_CONFIGURATION, "{\"metadata\":{\"name\":\"node.n1\"}}");
	make(w, KIND_BGP_CONFIGURATION, "{\"metadata\":{\"name\":\"node.n1\"}}");
	make(w, KIND_HOST_ENDPOINT,
		"{\"metadata\":{\"name\":\"h\"},\"spec\":{\"node\":\"n1\",\"interfaceName\":"
		"\"eth0\"}}");
	size_t before = memory_keys(w->data);
	expect_delete(w, KIND_NODE, "n1", CLIENT_OK, "");
	assert_int_equal(memory_keys(w->data), before - 6);
	assert_int_equal(count(w, KIND_WORKLOAD_ENDPOINT), 1);
	make(w, KIND_FELIX_CONFIGURATION, "{\"metadata\":{\"name\":\"node.ghost\"}}");
	expect_delete(w, KIND_NODE, "ghost", CLIENT_E_NOT_FOUND,
		"resource does not exist: Node(ghost) with error: <nil>");
	assert_int_equal(count(w, KIND_FELIX_CONFIGURATION), 0);
}

static void test_wep_name(void **state)
{
	struct world *w = *state;
	_cleanup_(resource_freep) struct resource *res = create(w, KIND_WORKLOAD_ENDPOINT,
		"{\"metadata\":{\"namespace\":\"x\"},\"spec\":{\"node\":\"n-1\",\"orchestrator\":"
		"\"k8s\","
		"\"pod\":\"p\",\"endpoint\":\"eth0\",\"interfaceName\":\"cali1\"}}",
		CLIENT_OK, "");
	assert_string_equal(res->meta.name, "n--1-k8s-p-eth0");
	assert_string_equal(text_map_get(&res->meta.labels, "projectcalico.org/namespace"), "x");
	refuse(w, KIND_WORKLOAD_ENDPOINT,
		"{\"metadata\":{\"name\":\"y\"},\"spec\":{\"node\":\"n\",\"orchestrator\":\"k8s\","
		"\"pod\":\"p\",\"endpoint\":\"eth0\"}}",
		CLIENT_E_INVALID,
		"error with field Name = 'y' (the WorkloadEndpoint name does not match the primary "
		"identifiers assigned in the Spec: expected name n-k8s-p-eth0)");
	refuse(w, KIND_WORKLOAD_ENDPOINT,
		"{\"metadata\":{},\"spec\":{\"node\":\"n\",\"orchestrator\":\"k8s\",\"endpoint\":"
		"\"e\"}}",
		CLIENT_E_INVALID, "error with field pod = '' (field should be assigned)");
}

static void test_bgp(void **state)
{
	struct world *w = *state;
	refuse(w, KIND_BGP_PEER,
		"{\"metadata\":{\"name\":\"p\"},\"spec\":{\"filters\":[\"a\",\"b\"]}}",
		CLIENT_E_INVALID,
		"error with field BGPPeer.Spec.Filters = '[a b]' (BGPFilter(s) not found)");
	refuse(w, KIND_BGP_CONFIGURATION,
		"{\"metadata\":{\"name\":\"node.x\"},\"spec\":{\"asNumber\":1,"
		"\"nodeToNodeMeshEnabled\":true}}",
		CLIENT_E_INVALID,
		"error with the following fields:\n"
		"-  BGPConfiguration.Spec.NodeToNodeMeshEnabled (Cannot set nodeToNodeMeshEnabled "
		"on "
		"a non default BGP Configuration.)\n"
		"-  BGPConfiguration.Spec.ASNumber (Cannot set ASNumber on a non default BGP "
		"Configuration.)\n");
	refuse(w, KIND_IPAM_CONFIGURATION, "{\"metadata\":{\"name\":\"x\"}}", CLIENT_E_OTHER,
		"Cannot create an IPAMConfiguration resource with a name other than \"default\"");
}

/* No program writes BlockAffinities on etcd, so no recording covers them. */
static void test_block_affinity(void **state)
{
	struct world *w = *state;
	make(w, KIND_BLOCK_AFFINITY,
		"{\"metadata\":{\"name\":\"n1-10-0-0-0-26\"},\"spec\":{\"state\":\"confirmed\","
		"\"node\":\"n1\",\"type\":\"host\",\"cidr\":\"10.0.0.0/26\"}}");
	_cleanup_(resource_freep) struct resource *res =
		get(w, KIND_BLOCK_AFFINITY, NULL, "n1-10-0-0-0-26");
	_cleanup_buf_ struct buf text = BUF_INIT;
	resource_encode(res, &text);
	assert_non_null(strstr(buf_str(&text),
		"\"spec\":{\"state\":\"confirmed\",\"node\":\"n1\",\"type\":\"host\",\"cidr\":"
		"\"10.0.0.0/26\",\"deleted\":\"false\"}"));
	refuse(w, KIND_BLOCK_AFFINITY,
		"{\"metadata\":{\"name\":\"x\"},\"spec\":{\"deleted\":\"true\"}}", CLIENT_E_INVALID,
		"error with field Spec.Deleted = 'true' (spec.Deleted cannot be set to \"true\")");
}

static void test_broken(void **state)
{
	struct world *w = *state;
	struct resource *res;
	memory_put(w->data, PREFIX "tiers/broken", "{\"kind\":", 8);
	make(w, KIND_TIER, "{\"metadata\":{\"name\":\"t\"}}");
	assert_int_equal(count(w, KIND_TIER), 1);
	assert_int_equal(
		client_get(w->client, KIND_TIER, NULL, "broken", NULL, &res), CLIENT_E_OTHER);
	assert_true(str_starts(client_error(w->client),
		"failed to parse datastore entry key=" PREFIX "tiers/broken; value={\"kind\":: "));
}

/* Work is proportional to what was asked: one call for each. */
static void test_read_all(void **state)
{
	struct world *w = *state;
	struct client_read reads[] = {
		{ .kind = KIND_TIER, .name = "t1" },
		{ .kind = KIND_TIER, .name = "t2" },
		{ .kind = KIND_WORKLOAD_ENDPOINT, .ns = "default", .name_prefix = "h1-cni-a-" },
	};

	make(w, KIND_TIER, "{\"metadata\":{\"name\":\"t1\"},\"spec\":{\"order\":1}}");
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *json = mem_printf(
			"{\"metadata\":{\"namespace\":\"default\"},\"spec\":{\"node\":\"h1\","
			"\"orchestrator\":\"cni\",\"containerID\":\"%s\",\"endpoint\":\"eth0\","
			"\"interfaceName\":\"cali1\"}}",
			i ? "ab" : "a");
		make(w, KIND_WORKLOAD_ENDPOINT, json);
	}
	client_read_all(w->client, reads, 3);
	assert_int_equal(reads[0].status, CLIENT_OK);
	assert_string_equal(reads[0].found.v[0]->meta.name, "t1");
	assert_int_equal(reads[1].status, CLIENT_E_NOT_FOUND);
	assert_string_equal(reads[1].error, "resource does not exist: Tier(t2) with error: <nil>");
	assert_int_equal(reads[2].status, CLIENT_OK);
	assert_int_equal(reads[2].found.n, 1);
	assert_string_equal(reads[2].found.v[0]->meta.name, "h1-cni-a-eth0");
	for (int i = 0; i < 3; i++)
		client_read_done(&reads[i]);
}

static void test_calls(void **state)
{
	struct world *w = *state;
	make(w, KIND_TIER, "{\"metadata\":{\"name\":\"t\"}}");
	uint64_t gets = memory_count(w->data, STORE_GET), lists = memory_count(w->data, STORE_LIST);
	resource_free(get(w, KIND_TIER, NULL, "t"));
	count(w, KIND_TIER);
	assert_int_equal(memory_count(w->data, STORE_GET), gets + 1);
	assert_int_equal(memory_count(w->data, STORE_LIST), lists + 1);
	assert_int_equal(memory_count(w->data, STORE_CREATE), 1);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_initialize),
		TEST(test_life),
		TEST(test_requests),
		TEST(test_policy),
		TEST(test_tier),
		TEST(test_default_allow),
		TEST(test_pool),
		TEST(test_pool_gives_blocks_back),
		TEST(test_node_gives_addresses_back),
		TEST(test_node_delete),
		TEST(test_wep_name),
		TEST(test_bgp),
		TEST(test_block_affinity),
		TEST(test_broken),
		TEST(test_read_all),
		TEST(test_calls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
