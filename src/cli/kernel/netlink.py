"""What `ip -batch` and `bridge -batch` do for the lines that worlds are built of, said to the kernel directly: one process
for each namespace would take longer than everything else. Lines in other words are not understood (None), and belong to the
programs.
"""
import errno
import socket
import struct

REQUEST, ACK, REPLACE, EXCL, CREATE, APPEND = 1, 4, 0x100, 0x200, 0x400, 0x800
NEWLINK, NEWADDR, NEWROUTE, NEWNEIGH = 16, 20, 24, 28
IFF_UP, IFF_PROMISC = 1, 0x100
LINK_ADDRESS, LINK_NAME, LINK_MTU, LINK_MASTER, LINK_INFO, LINK_NETNS, LINK_SEGMENTS = 1, 3, 4, 10, 18, 28, 40
INFO_KIND, INFO_DATA, INFO_SLAVE_KIND, INFO_SLAVE_DATA = 1, 2, 4, 5
VETH_PEER, SNOOPING, HAIRPIN = 1, 23, 4
VXLAN_ID, VXLAN_LOCAL, VXLAN_LEARNING, VXLAN_PORT, VXLAN_LOCAL6 = 1, 4, 7, 15, 17
VXLAN_LINK = 3
ADDR_WHOLE, ADDR_LOCAL, ADDR_BROADCAST, ADDR_NODAD = 1, 2, 4, 2
ROUTE_DST, ROUTE_DEV, ROUTE_GATEWAY, ROUTE_ONLINK, TABLE_MAIN, BOOT = 1, 4, 5, 4, 254, 3
SCOPE_GLOBAL, SCOPE_LINK, SCOPE_HOST = 0, 253, 254
NEIGH_DST, NEIGH_MAC, NOARP, PERMANENT = 1, 2, 0x40, 0x80
NTF_SELF, NTF_MASTER, PF_BRIDGE = 2, 4, 7


def attribute(kind, value):
    return struct.pack('=HH', 4 + len(value), kind) + value + b'\0' * (-len(value) % 4)


def u8(value):
    return struct.pack('=B', value)


def u32(value):
    return struct.pack('=I', value)


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


def address(text):
    family = socket.AF_INET6 if ':' in text else socket.AF_INET
    return family, socket.inet_pton(family, text)


def prefix(text):
    """Family, address, length."""
    addr, _, length = text.partition('/')
    family, packed = address(addr)
    return family, packed, int(length) if length else len(packed) * 8


def link_body(index=0, flags=0, change=0):
    return struct.pack('=BxHiII', 0, 0, index, flags, change)


def index_of(device):
    return socket.if_nametoindex(device)


class Words:
    """The words of a line, taken one after the other."""

    def __init__(self, line):
        self.left = line.split()

    def take(self):
        return self.left.pop(0)

    def expect(self, *words):
        if self.left[:len(words)] != list(words):
            raise LookupError
        del self.left[:len(words)]

    def option(self, word):
        """The word after `word`, where that is next."""
        if self.left[:1] != [word]:
            return None
        del self.left[0]
        return self.left.pop(0)

    def flag(self, word):
        if self.left[:1] != [word]:
            return False
        del self.left[0]
        return True

    def end(self):
        if self.left:
            raise LookupError


def read(line, namespace_fd):
    """A function that gives the message when the devices that it names are there, or None. `namespace_fd`: path → descriptor."""
    words = Words(line)
    try:
        reader = READERS.get((words.take(), words.take()))
        return None if reader is None else reader(words, namespace_fd)
    except (LookupError, ValueError, OSError):
        return None


def link_part(words, namespace_fd):
    """`NAME [index N] [netns PATH] [address MAC] [mtu N]`: index, attributes."""
    name, attributes, index = words.take(), b'', 0
    attributes += attribute(LINK_NAME, name.encode() + b'\0')
    value = words.option('index')
    if value is not None:
        index = int(value)
    value = words.option('netns')
    if value is not None:
        attributes += attribute(LINK_NETNS, u32(namespace_fd(value)))
    value = words.option('address')
    if value is not None:
        attributes += attribute(LINK_ADDRESS, mac(value))
    value = words.option('mtu')
    if value is not None:
        attributes += attribute(LINK_MTU, u32(int(value)))
    return index, attributes


def link_add(words, namespace_fd):
    words.expect('name')
    index, attributes = link_part(words, namespace_fd)
    words.expect('type')
    kind = words.take()
    data = b''
    device = None
    if kind == 'veth':
        words.expect('peer', 'name')
        peer_index, peer = link_part(words, namespace_fd)
        data = attribute(VETH_PEER, link_body(peer_index) + peer)
    elif kind == 'bridge':
        words.expect('mcast_snooping', '0')
        data = attribute(SNOOPING, u8(0))
    elif kind == 'vxlan':
        data = attribute(VXLAN_ID, u32(int(words.option('id'))))
        family, local = address(words.option('local'))
        data += attribute(VXLAN_LOCAL if family == socket.AF_INET else VXLAN_LOCAL6, local)
        device = words.option('dev')
        port = int(words.option('dstport'))
        words.expect('nolearning')
        data += attribute(VXLAN_PORT, struct.pack('>H', port)) + attribute(VXLAN_LEARNING, u8(0))
    else:
        raise LookupError
    words.end()

    def message():
        info = data if device is None else data + attribute(VXLAN_LINK, u32(index_of(device)))
        whole = attribute(INFO_KIND, kind.encode()) + attribute(INFO_DATA, info)
        return NEWLINK, CREATE | EXCL, link_body(index) + attributes + attribute(LINK_INFO, whole)

    return message


def link_set(words, _):
    words.expect('dev')
    device = words.take()
    what, value = words.take(), None
    flags, attributes, master = 0, b'', None
    if what == 'up':
        flags = IFF_UP
    elif what == 'promisc':
        words.expect('on')
        flags = IFF_PROMISC
    elif what == 'address':
        attributes = attribute(LINK_ADDRESS, mac(words.take()))
    elif what == 'mtu':
        attributes = attribute(LINK_MTU, u32(int(words.take())))
    elif what == 'gso_max_segs':
        attributes = attribute(LINK_SEGMENTS, u32(int(words.take())))
    elif what == 'master':
        master = words.take()
    elif what == 'type':
        words.expect('bridge_slave', 'hairpin', 'on')
        value = attribute(INFO_SLAVE_KIND, b'bridge') + attribute(INFO_SLAVE_DATA, attribute(HAIRPIN, u8(1)))
        attributes = attribute(LINK_INFO, value)
    else:
        raise LookupError
    words.end()

    def message():
        own = attributes if master is None else attribute(LINK_MASTER, u32(index_of(master)))
        return NEWLINK, 0, link_body(index_of(device), flags, flags) + own

    return message


def addr_add(words, _):
    family, packed, length = prefix(words.take())
    broadcast = words.option('brd')
    words.expect('dev')
    device = words.take()
    nodad = words.flag('nodad')
    words.end()
    if broadcast not in (None, '+') or (broadcast and family != socket.AF_INET):
        raise LookupError
    scope = SCOPE_HOST if family == socket.AF_INET and packed[0] == 127 else SCOPE_GLOBAL
    if family == socket.AF_INET6 and (packed == b'\0' * 15 + b'\1' or packed[:2] == b'\xfe\x80'):
        raise LookupError
    attributes = attribute(ADDR_LOCAL, packed) + attribute(ADDR_WHOLE, packed)
    if broadcast and length < 31:
        whole = struct.unpack('>I', packed)[0] | ((1 << (32 - length)) - 1)
        attributes += attribute(ADDR_BROADCAST, struct.pack('>I', whole))
    return lambda: (NEWADDR, CREATE | EXCL, struct.pack(
        '=BBBBI', family, length, ADDR_NODAD if nodad else 0, scope, index_of(device)) + attributes)


def route_add(words, _):
    destination = words.take()
    gateway = words.option('via')
    words.expect('dev')
    device = words.take()
    onlink = words.flag('onlink')
    words.end()
    via = None if gateway is None else address(gateway)
    if destination == 'default':
        if via is None:
            raise LookupError
        family, packed, length = via[0], b'', 0
    else:
        family, packed, length = prefix(destination)
    if via is not None and via[0] != family:
        raise LookupError
    attributes = attribute(ROUTE_DST, packed) if length > 0 else b''
    if via is not None:
        attributes += attribute(ROUTE_GATEWAY, via[1])
    scope = SCOPE_LINK if via is None and family == socket.AF_INET else SCOPE_GLOBAL
    return lambda: (NEWROUTE, CREATE | EXCL, struct.pack(
        '=BBBBBBBBI', family, length, 0, 0, TABLE_MAIN, BOOT, scope, 1, ROUTE_ONLINK if onlink else 0)
        + attributes + attribute(ROUTE_DEV, u32(index_of(device))))


def neigh_replace(words, _):
    family, packed = address(words.take())
    hardware = words.option('lladdr')
    words.expect('dev')
    device = words.take()
    words.expect('nud', 'permanent')
    words.end()
    return lambda: (NEWNEIGH, CREATE | REPLACE, struct.pack('=BxxxiHBB', family, index_of(device), PERMANENT, 0, 0)
                    + attribute(NEIGH_DST, packed) + attribute(NEIGH_MAC, mac(hardware)))


def fdb_replace(words, _):
    hardware = words.take()
    words.expect('dev')
    device = words.take()
    words.expect('master', 'static')
    words.end()
    return lambda: (NEWNEIGH, CREATE | REPLACE, struct.pack(
        '=BxxxiHBB', PF_BRIDGE, index_of(device), NOARP, NTF_MASTER, 0) + attribute(NEIGH_MAC, mac(hardware)))


def fdb_append(words, _):
    hardware = words.take()
    words.expect('dev')
    device = words.take()
    _, remote = address(words.option('dst'))
    words.expect('self', 'permanent')
    words.end()
    return lambda: (NEWNEIGH, CREATE | APPEND, struct.pack(
        '=BxxxiHBB', PF_BRIDGE, index_of(device), PERMANENT, NTF_SELF, 0)
        + attribute(NEIGH_MAC, mac(hardware)) + attribute(NEIGH_DST, remote))


READERS = {
    ('link', 'add'): link_add,
    ('link', 'set'): link_set,
    ('addr', 'add'): addr_add,
    ('route', 'add'): route_add,
    ('neigh', 'replace'): neigh_replace,
    ('fdb', 'replace'): fdb_replace,
    ('fdb', 'append'): fdb_append,
}


def wait_for_links():
    """Until nobody works on links: a message that changes nothing waits for its turn, and does not take the processor meanwhile."""
    apply([('link set dev lo', lambda: (NEWLINK, 0, link_body(index_of('lo'))))])


def apply(messages):
    """Sends them in the namespace that the caller is in. '' or what the kernel refused."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        for line, message in messages:
            try:
                kind, flags, body = message()
            except OSError as error:
                return '%s: %s' % (line, error)
            sock.send(struct.pack('=LHHLL', 16 + len(body), kind, REQUEST | ACK | flags, 1, 0) + body)
            code = -struct.unpack_from('=i', sock.recv(1 << 14), 16)[0]
            if code != 0:
                return '%s: %s' % (line, errno.errorcode.get(code, str(code)))
    return ''
