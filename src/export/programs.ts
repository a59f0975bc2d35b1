/** The server of a lab: answers each request on the ports that a file names with one line that says who saw whom. */
export const SERVER_PY = `"""server.py NAME FILE [LAB]: listens on what the lines PROTOCOL PORT ADDRESS PROGRAM of FILE name, and answers who saw whom."""
import selectors
import socket
import struct
import sys

name, path = sys.argv[1:3]
selector = selectors.DefaultSelector()


def line(peer, local):
    return ('%s saw %s port %d -> %s port %d\\n' % (name, peer[0], peer[1], local[0], local[1])).encode()


def serve_udp(sock):
    data, ancillary, _, peer = sock.recvmsg(65535, 256)
    address = sock.getsockname()[0]
    for level, kind, value in ancillary:
        if level == socket.IPPROTO_IP and kind == 8:
            address = socket.inet_ntoa(value[8:12])
            ancillary = [(level, kind, struct.pack('=I4s4s', 0, value[8:12], bytes(4)))]
        elif level == socket.IPPROTO_IPV6 and kind == 50:
            address = socket.inet_ntop(socket.AF_INET6, value[:16])
            ancillary = [(level, kind, value)]
    # From the address that was asked, whichever the route back would choose.
    sock.sendmsg([line(peer, (address, sock.getsockname()[1]))], ancillary, 0, peer)


def accept(sock):
    connection, _ = sock.accept()
    connection.setblocking(False)
    selector.register(connection, selectors.EVENT_READ, serve_tcp)


def serve_tcp(sock):
    try:
        data = sock.recv(65535)
    except OSError:
        data = b''
    if data:
        text = line(sock.getpeername(), sock.getsockname())
        if data.startswith((b'GET ', b'HEAD ')):
            head = b'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nConnection: close\\r\\n'
            sock.send(head + b'Content-Length: %d\\r\\n\\r\\n' % len(text) + text)
        else:
            sock.send(text)
            return
    selector.unregister(sock)
    sock.close()


def listen(family, protocol, port, address):
    sock = socket.socket(family, socket.SOCK_DGRAM if protocol == 'udp' else socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if protocol == 'udp' and family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, 8, 1)
    elif protocol == 'udp':
        sock.setsockopt(socket.IPPROTO_IPV6, 49, 1)
    sock.bind((address, port))
    if protocol == 'tcp':
        sock.listen(64)
    sock.setblocking(False)
    selector.register(sock, selectors.EVENT_READ, serve_udp if protocol == 'udp' else accept)


for text in open(path):
    protocol, port, address, program = text.split(' ', 3)
    if protocol == 'sctp':
        continue
    wanted = [(socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::')]
    if address != '*':
        wanted = [(socket.AF_INET6 if ':' in address else socket.AF_INET, address)]
    for family, where in wanted:
        try:
            listen(family, protocol, int(port), where)
        except OSError as error:
            print('%s %s: %s' % (protocol, port, error), file=sys.stderr)
while True:
    for key, _ in selector.select():
        try:
            key.data(key.fileobj)
        except OSError:
            pass
`

/** The client: prints `ok …`, `timeout`, or an errno. */
export const CLIENT_PY = `"""client.py ADDRESS PORT tcp|udp|icmp: asks once and prints ok and the answer, timeout, or the errno."""
import errno
import os
import socket
import struct
import sys

address, port, protocol = sys.argv[1], int(sys.argv[2]), sys.argv[3]
family = socket.AF_INET6 if ':' in address else socket.AF_INET


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ping():
    v4 = family == socket.AF_INET
    sock = socket.socket(family, socket.SOCK_RAW, 1 if v4 else 58)
    sock.settimeout(4)
    sock.setsockopt(0 if v4 else 41, 11 if v4 else 25, 1)
    sock.connect((address, 0))
    mine = os.getpid() & 0xffff
    packet = struct.pack('>BBHHH', 8 if v4 else 128, 0, 0, mine, 1) + b'kubehop-kubehop-kubehop-kubehop-kubehop-kubehop-kubehop!'
    if v4:
        packet = packet[:2] + struct.pack('>H', checksum(packet)) + packet[4:]
    sock.send(packet)
    while True:
        data = sock.recv(65535)
        if v4:
            ttl, data = data[8], data[(data[0] & 15) * 4:]
        if data[0] == (0 if v4 else 129) and struct.unpack('>H', data[4:6])[0] == mine:
            return 'reply from %s' % address + (' ttl %d' % ttl if v4 else '')


def ask():
    sock = socket.socket(family, socket.SOCK_DGRAM if protocol == 'udp' else socket.SOCK_STREAM)
    sock.settimeout(4)
    sock.connect((address, port))
    sock.send(b'hello\\n')
    return sock.recv(65535).decode(errors='replace').strip()


try:
    print('ok', ping() if protocol == 'icmp' else ask())
except socket.timeout:
    print('timeout')
except OSError as error:
    print(errno.errorcode.get(error.errno, error))
`
