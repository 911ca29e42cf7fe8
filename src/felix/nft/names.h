/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - what chains and sets are called: words that a person knows, and that cannot collide.
 *
 *   cali-pi-gnp/web          rules of GlobalNetworkPolicy web, inbound; -po- outbound
 *   cali-pri-kns.default     profile, inbound; -pro- outbound
 *   cali-li-gnp/web/3        the log of its rule 3, inbound; -lo- outbound
 *   cali-ti-default-<hash>   tier default with one list of policies, inbound; -to- outbound
 *   cali-tw-<hash>           the whole of what is checked towards a workload; -fw- from it
 *   s-<hash>, s-<hash>-net   members of a selector: hosts, and prefixes
 *
 * Names of objects are kept where nft can read them and they fit, else cut and completed by a hash.
 * Names with a hash of the content say what is inside, so equal content has one name, also in
 * another run of the program.
 */
#pragma once

#include "kernel/nft_rule.h"
#include "proto/felixbackend.pb-c.h"

#define CHAIN_TEXT_MAX 200 /* the kernel has room for NFT_NAME_TEXT_MAX */
#define HASH_TEXT_LEN  16

enum direction { INBOUND, OUTBOUND, DIRECTION_N }; /* towards the workload; from it */

const char *direction_word(enum direction d); /* "ingress", "egress" */

/* "gnp", "np", ...; the kind itself when unknown. */
const char *kind_short(const char *kind);
bool kind_is_staged(const char *kind);

/* "gnp/web", "np/default/web": unique among policies. */
char *policy_text(struct arena *a, const Felix__PolicyID *id);

/* All are allocated from the arena. */
char *name_policy_chain(struct arena *a, enum direction d, const char *policy);
char *name_profile_chain(struct arena *a, enum direction d, const char *profile);
char *name_log_chain(struct arena *a, enum direction d, const char *owner, size_t rule);
char *name_tier_chain(struct arena *a, enum direction d, const char *tier, const char *content);
char *name_stack_chain(struct arena *a, enum direction d, const char *content);
char *name_set(struct arena *a, const char *id, bool net);
