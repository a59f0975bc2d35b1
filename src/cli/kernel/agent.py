#!/usr/bin/python3
"""Builds and probes network namespaces without names: this process holds them, and they are gone when it is.

One JSON command a line on standard input, one JSON answer a line on standard output. All sockets of all namespaces live
here, so a question and its answers are a matter of one event loop and no other process has to be scheduled in between.
"""
import base64
import ctypes
import errno
import json
import mmap
import os
import re
import select
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
import netlink  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
HOME = os.open('/proc/self/ns/net', os.O_RDONLY)
ETH_P_ALL = 3
SO_MARK = 36
SO_RCVBUFFORCE = 33
IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR, IP_RECVTTL = 8, 10, 11, 12
IPV6_MTU_DISCOVER, IPV6_RECVERR, IPV6_RECVPKTINFO, IPV6_PKTINFO = 23, 25, 49, 50
IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT = 51, 52
SOL_PACKET, PACKET_RX_RING, PACKET_VERSION, TPACKET_V2 = 263, 5, 10, 1
# Settings that others change, or that change others; and those of devices, which come and go.
COUPLED = re.compile('forward|accept_redirects|disable_ipv6|/(?:conf|neigh)/(?!all/|default/)')
# Settings that need the lock of all links, for which the kernel does not wait: it tries again and again.
LOCKED = re.compile('forward|disable_ipv6')
# Namespaces that are made ready beside the work.
STOCK = 8
# The kernel takes namespaces down in one go when they end together, and holds up everybody else that changes links once.
TOGETHER = 48
# A ring holds copies made at the moment of capture. Frames queued on an ordinary packet socket share their bytes with the
# packet as it goes on, and show what it becomes.
SLOT, SLOTS, PAGE = 2048, 512, 4096
SIOCETHTOOL, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM = 0x8946, 0x1f, 0x24, 0x2c, 0x17
DIRECTIONS = ['In', 'B', 'M', 'P', 'Out']
STATES = {1: 'INCOMPLETE', 2: 'REACHABLE', 4: 'STALE', 8: 'DELAY', 16: 'PROBE', 32: 'FAILED', 64: 'NOARP', 128: 'PERMANENT'}


def call(result):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


class Inside:
    """The network namespace of that name, for the length of a with statement."""

    def __init__(self, fd):
        self.fd = fd

    def __enter__(self):
        call(LIBC.setns(self.fd, CLONE_NEWNET))

    def __exit__(self, *_):
        call(LIBC.setns(HOME, CLONE_NEWNET))


class Agent:
    def __init__(self):
        self.namespaces = {}
        # Most of what builds a world and takes it down waits for the kernel (RCU): those waits are had at the same time, and
        # beside the work on another world.
        self.pool = ThreadPoolExecutor(16)
        self.stock = []
        self.dead = []
        self.fresh_values = {}
        self.values = {}
        self.epoll = select.epoll()
        self.handlers = {}
        self.captures = {}
        self.listeners = {}
        self.served = []
        self.open_connections = 0
        self.begin = time.monotonic()

    # -- namespaces ---------------------------------------------------------------------------------------------------

    def do_create(self, names):
        """Namespaces that nobody has used yet, each with a capture that is not started."""
        while len(self.stock) < len(names) + STOCK:
            self.stock.append(self.pool.submit(new_namespace))
        for name in names:
            self.namespaces[name], self.captures[name] = self.stock.pop(0).result()
        return {name: '/proc/%d/fd/%d' % (os.getpid(), self.namespaces[name]) for name in names}

    def do_close(self):
        for fd in list(self.handlers):
            self.forget(fd)
        self.listeners.clear()
        for name, fd in self.namespaces.items():
            self.pool.submit(close_capture, self.captures[name])
            self.dead.append(fd)
        if len(self.dead) >= TOGETHER:
            for fd in self.dead:
                os.close(fd)
            self.dead.clear()
        self.captures.clear()
        self.namespaces.clear()
        self.values.clear()
        self.served.clear()
        self.open_connections = 0
        return None

    def inside(self, name):
        return Inside(self.namespaces[name])

    def do_sysctl(self, items):
        """Writes settings. What is known to be so already is not written again."""
        refused = []
        current = None
        for ns, path, value in items:
            if ns != current:
                call(LIBC.setns(self.namespaces[ns], CLONE_NEWNET))
                current = ns
            known = self.values.setdefault(ns, {})
            try:
                if not COUPLED.search(path):
                    if path not in known:
                        if path not in self.fresh_values:
                            self.fresh_values[path] = read_text('/proc/sys/' + path)
                        known[path] = self.fresh_values[path]
                    if known[path] == value:
                        continue
                if LOCKED.search(path):
                    netlink.wait_for_links()
                fd = os.open('/proc/sys/' + path, os.O_WRONLY)
                try:
                    os.write(fd, value.encode())
                    known[path] = value
                finally:
                    os.close(fd)
            except OSError as error:
                refused.append([ns, path, errno.errorcode.get(error.errno, str(error.errno))])
        call(LIBC.setns(HOME, CLONE_NEWNET))
        return refused

    def do_configure(self, jobs, directly=True):
        """`ip -batch` or `bridge -batch` for each of [namespace or null, program, lines], all at once: results as of `run`."""
        found = {}

        def descriptor(path):
            return found.setdefault(path, int(path.rpartition('/')[2]))

        results = [None] * len(jobs)
        programs = []
        for index, (ns, program, lines) in enumerate(jobs):
            messages = [(line, netlink.read(line, descriptor)) for line in lines]
            if not directly or any(message is None for _, message in messages):
                programs.append((index, {'ns': ns, 'argv': [program, '-batch', '-'], 'input': '\n'.join(lines) + '\n'}))
            else:
                results[index] = self.pool.submit(self.speak, ns, messages)
        for (index, _), result in zip(programs, self.do_run([job for _, job in programs])):
            results[index] = result
        return [result if isinstance(result, list) else result.result() for result in results]

    def speak(self, ns, messages):
        with Inside(HOME if ns is None else self.namespaces[ns]):
            refused = netlink.apply(messages)
        return [0 if refused == '' else 1, '', refused]

    def do_run(self, jobs):
        """Runs programs, each in a namespace (null: outside), all at once when they may be; those of one group one after the other."""
        groups = {}
        for index, job in enumerate(jobs):
            groups.setdefault(job.get('group', index), []).append(index)
        results = [None] * len(jobs)
        running = [[indices, 0, self.start(jobs[indices[0]])] for indices in groups.values()]
        for indices, at, process in running:
            while True:
                results[indices[at]] = finish(*process)
                at += 1
                if at == len(indices):
                    break
                process = self.start(jobs[indices[at]])
        return results

    def start(self, job):
        """Its standard streams are memory: nothing has to be read while it runs."""
        streams = [os.memfd_create(name) for name in ('in', 'out', 'err')]
        os.write(streams[0], job.get('input', '').encode())
        os.lseek(streams[0], 0, os.SEEK_SET)
        actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(streams)]
        with Inside(HOME if job['ns'] is None else self.namespaces[job['ns']]):
            process = os.posix_spawnp(job['argv'][0], job['argv'], os.environ, file_actions=actions)
        return process, streams

    def do_read(self, ns, path):
        with self.inside(ns):
            return read_text(path, strip=False)

    def do_offload(self, names):
        """Every device sends and hands on frames as a wire carries them: no segments put together or cut behind the taps, and
        with checksums (NAT spoils the outer one of a tunnel's packet whose inner one is still to be computed).
        """
        import fcntl
        for ns in names:
            with self.inside(ns):
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                devices = [name for _, name in socket.if_nameindex()]
            with sock:
                for device in devices:
                    for command in (ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM):
                        value = ctypes.create_string_buffer(struct.pack('=II', command, 0))
                        try:
                            fcntl.ioctl(sock, SIOCETHTOOL, struct.pack('16sP16x', device.encode(), ctypes.addressof(value)))
                        except OSError:
                            pass
        return None

    def do_running(self, devices, timeout):
        """Waits until the devices are operational: carrier is noticed by a worker of the kernel. Returns those that are not."""
        deadline = time.monotonic() + timeout
        left = [tuple(device) for device in devices]
        sockets = {}
        while left:
            for ns in {ns for ns, _ in left} - set(sockets):
                with self.inside(ns):
                    sockets[ns] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            left = [device for device in left if not is_running(sockets[device[0]], device[1])]
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.001)
        for sock in sockets.values():
            sock.close()
        return left

    def do_neighbours(self, names):
        """Neighbours and FDB entries of each namespace, by rtnetlink."""
        return {ns: [self.dump_neighbours(ns, family) for family in (socket.AF_INET, socket.AF_INET6, 7)] for ns in names}

    def dump_neighbours(self, ns, family):
        with self.inside(ns):
            sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        entries = []
        with sock:
            body = struct.pack('=BBHiHBB', family, 0, 0, 0, 0, 0, 0)
            sock.send(struct.pack('=LHHLL', 16 + len(body), 30, 0x301, 1, 0) + body)
            done = False
            while not done:
                data = sock.recv(1 << 16)
                at = 0
                while at < len(data):
                    size, kind = struct.unpack_from('=LH', data, at)
                    if kind in (2, 3):
                        done = True
                        break
                    if kind == 28:
                        entries.append(neighbour(data[at + 16:at + size]))
                    at += (size + 3) & ~3
        with self.inside(ns):
            index = dict(socket.if_nameindex())
        for entry in entries:
            entry['dev'] = index.get(entry['dev'], str(entry['dev']))
            if 'master' in entry:
                entry['master'] = index.get(entry['master'], '')
        return entries

    # -- event loop ---------------------------------------------------------------------------------------------------

    def watch(self, sock, handler, events=select.EPOLLIN):
        sock.setblocking(False)
        self.handlers[sock.fileno()] = (sock, handler)
        self.epoll.register(sock.fileno(), events)

    def forget(self, fd):
        sock, _ = self.handlers.pop(fd)
        self.epoll.unregister(fd)
        sock.close()

    def serve_ready(self, seconds):
        """Serves what is ready within that time. Whether anything was."""
        ready = self.epoll.poll(max(0, seconds))
        for fd, events in ready:
            if fd in self.handlers:
                sock, handler = self.handlers[fd]
                handler(sock, events)
        return len(ready) > 0

    def pump(self, deadline, done=lambda: False):
        """Serves sockets until `done`, or until nothing is left to serve at the deadline: a machine may let us wait longer."""
        while not done():
            left = deadline - time.monotonic()
            if not self.serve_ready(left) and left <= 0:
                return
            if time.monotonic() > deadline + 1:
                return

    def settle(self):
        """Until nothing has been going on for a moment, and no connection is half closed."""
        self.pump(time.monotonic() + 0.05, lambda: self.open_connections == 0)
        limit = time.monotonic() + 0.02
        while self.serve_ready(0.001) and time.monotonic() < limit:
            pass

    # -- captures -----------------------------------------------------------------------------------------------------

    def do_capture(self, names):
        for ns in names:
            start_capture(self.namespaces[ns], self.captures[ns])
        return None

    def frames(self):
        """What was captured since the last time: [time, namespace, device, direction, bytes], in order of time."""
        frames = []
        for ns, capture in self.captures.items():
            if capture[3] is None:
                continue
            sock, ring, slot, names = capture
            while True:
                at = slot * SLOT
                status, length, snapped, mac, _, seconds, nanoseconds = struct.unpack_from('=IIIHHII', ring, at)
                if status & 1 == 0:
                    break
                family, protocol, index, hardware, direction = struct.unpack_from('=HHIHB', ring, at + 32)
                data = ring[at + mac:at + mac + snapped] + b'\0' * (length - snapped)
                struct.pack_into('=I', ring, at, 0)
                slot = (slot + 1) % SLOTS
                device = names.get(index)
                if device is None:
                    device = names[index] = self.name_of_device(ns, index)
                # As in tcpdump, loopback shows each packet once.
                if device == 'lo' and direction == 4:
                    continue
                stamp = seconds * 1000000 + nanoseconds // 1000
                frames.append([stamp, ns, device, DIRECTIONS[direction], base64.b64encode(data).decode()])
            capture[2] = slot
        frames.sort(key=lambda frame: frame[0])
        return frames

    def name_of_device(self, ns, index):
        with self.inside(ns):
            return dict(socket.if_nameindex()).get(index, str(index))

    def do_drain(self):
        """Waits until it is quiet and forgets what was seen."""
        self.settle()
        self.frames()
        self.served.clear()
        self.begin = time.monotonic()
        return None

    # -- servers ------------------------------------------------------------------------------------------------------

    def do_listen(self, items):
        return [self.listen(**item) for item in items]

    def listen(self, ns, protocol, port, address=None, reply_from='hit', reply_length=None):
        families = [4, 6] if address is None else [6 if ':' in address else 4]
        sockets = []
        try:
            for family in families:
                sockets.append(self.server(ns, protocol, port, family, address, reply_from, reply_length))
        except OSError as error:
            # Without IPv6 in the namespace the wildcard is that of IPv4.
            if not (len(sockets) == 1 and error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)):
                for sock in sockets:
                    self.forget(sock.fileno())
                return errno.errorcode.get(error.errno, str(error.errno))
        self.listeners[(ns, protocol, port, address)] = [sock.fileno() for sock in sockets]
        return 'ok'

    def server(self, ns, protocol, port, family, address, reply_from, reply_length):
        domain = socket.AF_INET if family == 4 else socket.AF_INET6
        kind = socket.SOCK_DGRAM if protocol == 'udp' else socket.SOCK_STREAM
        with self.inside(ns):
            sock = socket.socket(domain, kind)
        try:
            if family == 6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if protocol == 'tcp':
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address or ('0.0.0.0' if family == 4 else '::'), port))
            if protocol == 'tcp':
                sock.listen(64)
        except OSError:
            sock.close()
            raise
        if protocol == 'tcp':
            self.watch(sock, lambda s, _: self.accept(ns, port, s, reply_length))
            return sock
        if family == 4:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
        self.watch(sock, lambda s, _: self.answer(ns, port, s, family, reply_from, reply_length))
        return sock

    def do_unlisten(self, ns, protocol, port, address=None):
        for fd in self.listeners.pop((ns, protocol, port, address), []):
            self.forget(fd)
        return 'ok'

    def answer(self, ns, port, sock, family, reply_from, reply_length):
        while True:
            try:
                data, ancillary, _, peer = sock.recvmsg(1 << 16, 256)
            except BlockingIOError:
                return
            except OSError:
                continue
            local, ttl, index = '', 0, 0
            for level, kind, value in ancillary:
                if level == socket.IPPROTO_IP and kind == IP_PKTINFO:
                    local = socket.inet_ntop(socket.AF_INET, value[8:12])
                elif level == socket.IPPROTO_IP and kind == 2:
                    ttl = struct.unpack('=i', value)[0]
                elif level == socket.IPPROTO_IPV6 and kind == IPV6_PKTINFO:
                    local = socket.inet_ntop(socket.AF_INET6, value[:16])
                    index = struct.unpack('=I', value[16:20])[0]
                elif level == socket.IPPROTO_IPV6 and kind == IPV6_HOPLIMIT:
                    ttl = struct.unpack('=i', value)[0]
            self.served.append([ns, 'udp', port, peer[0], peer[1], local, ttl, len(data)])
            if reply_length == 0:
                continue
            reply = data if reply_length is None else b'r' * reply_length
            info = []
            if reply_from == 'hit' and family == 4:
                info = [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack('=I4s4s', 0, socket.inet_aton(local), b'\0' * 4))]
            elif reply_from == 'hit':
                packed = socket.inet_pton(socket.AF_INET6, local)
                scope = index if local.startswith('fe80') else 0
                info = [(socket.IPPROTO_IPV6, IPV6_PKTINFO, packed + struct.pack('=I', scope))]
            try:
                sock.sendmsg([reply], info, 0, peer)
            except OSError:
                pass

    def accept(self, ns, port, sock, reply_length):
        while True:
            try:
                connection, peer = sock.accept()
            except OSError:
                return
            self.served.append([ns, 'tcp', port, peer[0], peer[1], connection.getsockname()[0], 0, 0])
            self.open_connections += 1
            self.watch(connection, lambda s, _: self.serve(s, reply_length), select.EPOLLIN | select.EPOLLRDHUP)

    def serve(self, sock, reply_length):
        try:
            data = sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if data:
            try:
                sock.send(data if reply_length is None else b'r' * reply_length)
            except OSError:
                pass
            return
        self.open_connections -= 1
        self.forget(sock.fileno())

    # -- probes -------------------------------------------------------------------------------------------------------

    def do_probe(self, kind, ns, to, patience, **options):
        family = 6 if ':' in to else 4
        probe = {'udp': self.udp, 'tcp': self.tcp, 'ping': self.ping}[kind]
        result = probe(ns, to, family, time.monotonic() + patience / 1000, **options)
        self.settle()
        return self.report(result)

    def do_wait(self, ms):
        self.pump(time.monotonic() + ms / 1000)
        return self.report('ok')

    def do_report(self):
        self.settle()
        return self.report('ok')

    def report(self, result):
        served = self.served
        self.served = []
        return {'result': result, 'served': served, 'frames': self.frames(), 'at': (time.monotonic() - self.begin) * 1000}

    def client(self, ns, family, kind, protocol, options):
        domain = socket.AF_INET if family == 4 else socket.AF_INET6
        with self.inside(ns):
            sock = socket.socket(domain, kind, protocol)
        level = socket.IPPROTO_IP if family == 4 else socket.IPPROTO_IPV6
        if options.get('ttl') is not None:
            sock.setsockopt(level, socket.IP_TTL if family == 4 else socket.IPV6_UNICAST_HOPS, options['ttl'])
        if options.get('df') is not None:
            discover = IP_MTU_DISCOVER if family == 4 else IPV6_MTU_DISCOVER
            sock.setsockopt(level, discover, 2 if options['df'] else 0)
        if options.get('mark') is not None:
            sock.setsockopt(socket.SOL_SOCKET, SO_MARK, options['mark'])
        if options.get('tos') is not None:
            sock.setsockopt(level, socket.IP_TOS if family == 4 else 67, options['tos'])
        sock.setblocking(False)
        return sock

    def udp(self, ns, to, family, deadline, port, sport, size, connected=True, src=None, **options):
        sock = self.client(ns, family, socket.SOCK_DGRAM, 0, options)
        answer = []
        try:
            if family == 4:
                sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
            sock.bind((src or ('0.0.0.0' if family == 4 else '::'), sport))
            if connected:
                sock.connect((to, port))
                sock.send(b'p' * size)
            else:
                sock.sendto(b'p' * size, (to, port))
        except OSError as error:
            sock.close()
            return name_of(error)

        def received(sock, _):
            try:
                data, ancillary, _, peer = sock.recvmsg(1 << 16, 256)
                ttl = [struct.unpack('=i', value)[0] for _, kind, value in ancillary if kind in (2, IPV6_HOPLIMIT)]
                answer.append('ok from %s:%d ttl%s %d bytes' % (peer[0], peer[1], ttl[0] if ttl else '', len(data)))
            except BlockingIOError:
                pass
            except OSError as error:
                answer.append(name_of(error))

        self.watch(sock, received)
        self.pump(deadline, lambda: answer)
        self.forget(sock.fileno())
        return answer[0] if answer else 'timeout'

    def tcp(self, ns, to, family, deadline, port, sport, size, src=None, **options):
        sock = self.client(ns, family, socket.SOCK_STREAM, 0, options)
        answer = []
        state = {'connected': False, 'received': 0}
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((src or ('0.0.0.0' if family == 4 else '::'), sport))
            code = sock.connect_ex((to, port))
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, '')
        except OSError as error:
            sock.close()
            return name_of(error)

        def ready(sock, _):
            if not state['connected']:
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code != 0:
                    answer.append(errno.errorcode.get(code, str(code)))
                    return
                try:
                    sock.getpeername()
                except OSError:
                    return
                state['connected'] = True
                self.epoll.modify(sock.fileno(), select.EPOLLIN)
                if size == 0:
                    answer.append('ok 0 bytes')
                else:
                    sock.send(b'p' * size)
                return
            try:
                data = sock.recv(1 << 17)
            except BlockingIOError:
                return
            except OSError as error:
                answer.append(name_of(error))
                return
            state['received'] += len(data)
            if len(data) == 0 or state['received'] >= size:
                answer.append('ok %d bytes' % state['received'])

        self.watch(sock, ready, select.EPOLLOUT | select.EPOLLIN)
        self.pump(deadline, lambda: answer)
        if not answer:
            # A program that lost patience resets what it had: nothing is left to be answered later.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('=ii', 1, 0))
        self.forget(sock.fileno())
        return answer[0] if answer else 'timeout'

    def ping(self, ns, to, family, deadline, id, size, src=None, **options):
        protocol = 1 if family == 4 else 58
        sock = self.client(ns, family, socket.SOCK_RAW, protocol, options)
        answer = []
        try:
            if family == 4:
                sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
                sock.setsockopt(socket.SOL_RAW if hasattr(socket, 'SOL_RAW') else 255, 1, struct.pack('=I', ~1 & 0xffffffff))
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
                sock.setsockopt(58, 1, struct.pack('=8I', *([0xffffffff] * 4 + [0xfffffffd] + [0xffffffff] * 3)))
            if src is not None:
                sock.bind((src, 0))
            packet = struct.pack('>BBHHH', 8 if family == 4 else 128, 0, 0, id, 1) + b'p' * size
            packet = packet[:2] + struct.pack('>H', checksum(packet) if family == 4 else 0) + packet[4:]
            sock.sendto(packet, (to, 0))
        except OSError as error:
            sock.close()
            return name_of(error)

        def received(sock, events):
            if events & select.EPOLLERR:
                try:
                    _, ancillary, _, _ = sock.recvmsg(1 << 17, 512, socket.MSG_ERRQUEUE)
                    for _, kind, value in ancillary:
                        if kind in (IP_RECVERR, IPV6_RECVERR):
                            code = struct.unpack('=I', value[:4])[0]
                            if code != 0:
                                answer.append(errno.errorcode.get(code, str(code)))
                    sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                except OSError:
                    pass
                return
            try:
                data, ancillary, _, peer = sock.recvmsg(1 << 17, 256)
            except OSError:
                return
            ttl = [struct.unpack('=i', value)[0] for _, kind, value in ancillary if kind == IPV6_HOPLIMIT]
            if family == 4:
                ttl = [data[8]]
                data = data[(data[0] & 15) * 4:]
            if len(data) >= 8 and data[0] == (0 if family == 4 else 129) and struct.unpack('>H', data[4:6])[0] == id:
                answer.append('ok from %s ttl%s %d bytes' % (peer[0], ttl[0] if ttl else '', len(data)))

        self.watch(sock, received, select.EPOLLIN | select.EPOLLERR)
        self.pump(deadline, lambda: answer)
        self.forget(sock.fileno())
        return answer[0] if answer else 'timeout'


def new_namespace():
    """A namespace, and a capture in it that is not started: that waits for the kernel once, here."""
    call(LIBC.unshare(CLONE_NEWNET))
    try:
        namespace = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    finally:
        call(LIBC.setns(HOME, CLONE_NEWNET))
    sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
    sock.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack('=IIII', PAGE, SLOT * SLOTS // PAGE, SLOT, SLOTS))
    return namespace, [sock, mmap.mmap(sock.fileno(), SLOT * SLOTS, mmap.MAP_SHARED), 0, None]


def start_capture(namespace, capture):
    with Inside(namespace):
        capture[3] = dict(socket.if_nameindex())
    call(LIBC.bind(capture[0].fileno(), struct.pack('=HHIHBB8x', 17, socket.htons(ETH_P_ALL), 0, 0, 0, 0), 20))


def close_capture(capture):
    sock, ring, _, _ = capture
    ring.close()
    sock.close()


def finish(process, streams):
    _, status = os.waitpid(process, 0)
    texts = []
    for fd in streams[1:]:
        size = os.lseek(fd, 0, os.SEEK_END)
        texts.append(os.pread(fd, size, 0).decode(errors='replace') if size > 0 else '')
    for fd in streams:
        os.close(fd)
    return [os.waitstatus_to_exitcode(status), *texts]


def read_text(path, strip=True):
    fd = os.open(path, os.O_RDONLY)
    try:
        text = b''
        while True:
            part = os.read(fd, 1 << 20)
            if part == b'':
                break
            text += part
    finally:
        os.close(fd)
    return text.decode().strip() if strip else text.decode()


def is_running(sock, device):
    import fcntl
    try:
        flags = struct.unpack_from('=H', fcntl.ioctl(sock, 0x8913, struct.pack('=16s24x', device.encode())), 16)[0]
    except OSError:
        return False
    return flags & 0x40 != 0


def neighbour(data):
    family, _, _, index, state, flags, _ = struct.unpack_from('=BBHiHBB', data)
    entry = {'dev': index, 'state': 'PERMANENT' if state & 128 else STATES.get(state, str(state)), 'flags': flags, 'addr': '', 'mac': ''}
    at = 12
    while at + 4 <= len(data):
        size, kind = struct.unpack_from('=HH', data, at)
        value = data[at + 4:at + size]
        if kind == 1:
            entry['addr'] = socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, value)
        elif kind == 2:
            entry['mac'] = ':'.join('%02x' % byte for byte in value)
        elif kind == 5:
            entry['vlan'] = struct.unpack('=H', value)[0]
        elif kind == 9:
            entry['master'] = struct.unpack('=I', value)[0]
        at += max((size + 3) & ~3, 4)
    return entry


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def name_of(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def main():
    agent = Agent()
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop('cmd')
        try:
            answer = {'ok': getattr(agent, 'do_' + name)(**command)}
        except Exception as error:  # the harness gets every failure as text
            answer = {'error': '%s: %s' % (type(error).__name__, error)}
        sys.stdout.write(json.dumps(answer) + '\n')
        sys.stdout.flush()


try:
    main()
except KeyboardInterrupt:
    pass
