import ctypes, socket
def attempt(what):
    try:
        what()
        print("ESCAPED")
    except OSError as error:
        print("refused", error.errno)
### loopback of the host | ends=finished
attempt(lambda: socket.create_connection(("127.0.0.1", {PORT}), 1))
### loopback of the host, version 6 | ends=finished
attempt(lambda: socket.create_connection(("::1", {PORT}), 1))
### metadata address | ends=finished
attempt(lambda: socket.create_connection(("169.254.169.254", 80), 1))
### public address | ends=finished
attempt(lambda: socket.create_connection(("1.1.1.1", 53), 1))
### name server | ends=finished
attempt(lambda: socket.getaddrinfo("example.com", 80))
### datagram | ends=finished
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", {PORT})))
### raw socket | ends=finished
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
### packet socket | ends=finished
attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
### netlink | ends=finished
attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
### vsock | ends=finished
attempt(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
### abstract socket of the host | ends=finished
attempt(lambda: socket.socket(socket.AF_UNIX).connect("\0{ABSTRACT}"))
### pair of sockets | ends=finished
attempt(lambda: socket.socketpair())
### descriptors over the channel | ends=finished
attempt(lambda: socket.socket(fileno=3).sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b"\x00\x00\x00\x00")]))
### listens | ends=finished
attempt(lambda: socket.create_server(("127.0.0.1", 0)))
### alg socket | ends=finished
attempt(lambda: socket.socket(38, socket.SOCK_SEQPACKET))
### socket call of 32 bits | ends=limit_reached,finished,code_failed
libc = ctypes.CDLL(None, use_errno=True)
print("ESCAPED" if libc.syscall(0x40000000 + 41, 2, 1, 0) >= 0 else "refused")
