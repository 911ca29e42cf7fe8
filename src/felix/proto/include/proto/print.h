/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print.h - protobuf messages as one line of JSON, for tests, logs and recordings.
 *
 * Fields by ascending number under their .proto names; what has its zero value is left out (but
 * for the chosen member of a oneof); maps are objects sorted as given; enums are names; 64-bit
 * integers are texts, as in protobuf's own JSON mapping.
 */
#pragma once

#include "base/buf.h"
#include "proto/felixbackend.pb-c.h"

void proto_print(const ProtobufCMessage *msg, struct buf *out);

/* The name of the payload's member ("ipset_update") and the message in it; NULL when unset. */
const char *proto_payload(const Felix__ToDataplane *msg, const ProtobufCMessage **ret_body);

/* The packed form, appended: what rule identifiers hash and recordings store. */
void proto_pack(const ProtobufCMessage *msg, struct buf *out);
