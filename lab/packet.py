# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that no socket makes for us, valid enough that conntrack does not call them invalid."""
import socket
import struct

ECHO_REQUEST = {4: (8, 0), 6: (128, 0)}
ECHO_REPLY = {4: 0, 6: 129}
ICMP = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
SCTP = 132


def internet_checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def icmp(family, kind, identifier, payload):
    """kind: (type, code). The kernel fills in the checksum of ICMPv6, not that of ICMP."""
    body = struct.pack("!HH", identifier, 1) + payload
    head = struct.pack("!BBH", *kind, 0)
    if family == 4:
        head = struct.pack("!BBH", *kind, internet_checksum(head + body))
    return head + body


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sctp_init(source_port, port, payload):
    """An INIT chunk whose only parameter is a heartbeat info that carries the payload."""
    parameter = struct.pack("!HH", 1, 4 + len(payload)) + payload + b"\0" * (-len(payload) % 4)
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20 + len(parameter), 7, 65536, 1, 1, 1) + parameter
    head = struct.pack("!HHI", source_port, port, 0)
    checksum = struct.pack("<I", crc32c(head + b"\0\0\0\0" + chunk))
    return head + checksum + chunk


def without_ip_header(family, data):
    """A raw socket shows the IPv4 header and hides the IPv6 one."""
    return data[(data[0] & 0xf) * 4:] if family == 4 else data
