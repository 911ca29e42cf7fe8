/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/print.h"

#include <inttypes.h>

#include "base/str.h"

static void print_text(const char *s, struct buf *out)
{
	buf_putc(out, '"');
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20)
			buf_printf(out, "\\u%04x", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

static void print_enum(const ProtobufCEnumDescriptor *desc, int value, struct buf *out)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(desc, value);

	if (v)
		print_text(v->name, out);
	else
		buf_printf(out, "%d", value);
}

static void print_value(const ProtobufCFieldDescriptor *f, const void *p, struct buf *out)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		buf_printf(out, "%" PRId32, *(const int32_t *)p);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		buf_printf(out, "%" PRIu32, *(const uint32_t *)p);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		buf_printf(out, "\"%" PRId64 "\"", *(const int64_t *)p);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		buf_printf(out, "\"%" PRIu64 "\"", *(const uint64_t *)p);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		buf_printf(out, "%.9g", (double)*(const float *)p);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		buf_printf(out, "%.17g", *(const double *)p);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(out, *(const protobuf_c_boolean *)p ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_ENUM:
		print_enum(f->descriptor, *(const int *)p, out);
		break;
	case PROTOBUF_C_TYPE_STRING:
		print_text(*(char *const *)p, out);
		break;
	case PROTOBUF_C_TYPE_BYTES: /* no message of ours has one */
		buf_printf(out, "\"<%zu bytes>\"", ((const ProtobufCBinaryData *)p)->len);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		proto_print(*(ProtobufCMessage *const *)p, out);
		break;
	}
}

static size_t value_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return 4;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	}
	return 0;
}

static bool value_is_zero(const ProtobufCFieldDescriptor *f, const void *p)
{
	static const char zeros[sizeof(ProtobufCBinaryData)];

	if (f->type == PROTOBUF_C_TYPE_STRING)
		return str_empty(*(char *const *)p);
	return memcmp(p, zeros, value_size(f->type)) == 0;
}

static const void *member(const ProtobufCMessage *msg, unsigned offset)
{
	return (const char *)msg + offset;
}

/* protoc writes a map as repeated messages of one key and one value. */
static bool field_is_map(const ProtobufCFieldDescriptor *f)
{
	const ProtobufCMessageDescriptor *desc = f->descriptor;

	return f->type == PROTOBUF_C_TYPE_MESSAGE && f->label == PROTOBUF_C_LABEL_REPEATED &&
	       desc->n_fields == 2 && str_ends(desc->short_name, "Entry") &&
	       str_eq(desc->fields[0].name, "key") && str_eq(desc->fields[1].name, "value");
}

static void print_map_entry(const ProtobufCMessage *entry, struct buf *out)
{
	const ProtobufCFieldDescriptor *key = &entry->descriptor->fields[0];
	const ProtobufCFieldDescriptor *value = &entry->descriptor->fields[1];
	bool quoted = key->type == PROTOBUF_C_TYPE_STRING || value_size(key->type) == 8;

	if (!quoted)
		buf_putc(out, '"');
	print_value(key, member(entry, key->offset), out);
	if (!quoted)
		buf_putc(out, '"');
	buf_putc(out, ':');
	print_value(value, member(entry, value->offset), out);
}

static void print_repeated(
	const ProtobufCFieldDescriptor *f, const ProtobufCMessage *msg, struct buf *out)
{
	size_t n = *(const size_t *)member(msg, f->quantifier_offset);
	const char *v = *(const char *const *)member(msg, f->offset);
	bool map = field_is_map(f);

	buf_putc(out, map ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		const void *p = v + i * value_size(f->type);
		if (i)
			buf_putc(out, ',');
		if (map)
			print_map_entry(*(ProtobufCMessage *const *)p, out);
		else
			print_value(f, p, out);
	}
	buf_putc(out, map ? '}' : ']');
}

static bool field_present(const ProtobufCFieldDescriptor *f, const ProtobufCMessage *msg)
{
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return *(const size_t *)member(msg, f->quantifier_offset) > 0;
	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)member(msg, f->quantifier_offset) == f->id;
	return !value_is_zero(f, member(msg, f->offset));
}

void proto_print(const ProtobufCMessage *msg, struct buf *out)
{
	bool first = true;

	buf_putc(out, '{');
	for (unsigned i = 0; msg && i < msg->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &msg->descriptor->fields[i];
		if (!field_present(f, msg))
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		print_text(f->name, out);
		buf_putc(out, ':');
		if (f->label == PROTOBUF_C_LABEL_REPEATED)
			print_repeated(f, msg, out);
		else
			print_value(f, member(msg, f->offset), out);
	}
	buf_putc(out, '}');
}

const char *proto_payload(const Felix__ToDataplane *msg, const ProtobufCMessage **ret_body)
{
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(
		msg->base.descriptor, (unsigned)msg->payload_case);

	if (!f)
		return NULL;
	if (ret_body)
		*ret_body = *(ProtobufCMessage *const *)member(&msg->base, f->offset);
	return f->name;
}

void proto_pack(const ProtobufCMessage *msg, struct buf *out)
{
	size_t len = protobuf_c_message_get_packed_size(msg);

	protobuf_c_message_pack(msg, (uint8_t *)buf_reserve(out, len));
	out->len += len;
	if (out->data)
		out->data[out->len] = '\0';
}
