#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""served.py DIR PORTFILE [MODE [ARG]]: serves a published log as a server that
may lie would. What was asked for goes to PORTFILE.log, one path a line."""
import gzip
import os
import re
import socketserver
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

root, portfile = sys.argv[1:3]
mode = sys.argv[3] if len(sys.argv) > 3 else "plain"
arg = sys.argv[4] if len(sys.argv) > 4 else ""
lock = threading.Lock()
asked = []


def flip(data):
    return data[:-1] + bytes([data[-1] ^ 1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, data=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length",
                         str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def pour(self, piece, pause=0.0):
        """Without an end."""
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(pause)

    def do_GET(self):
        with lock:
            asked.append(self.path)
            n = len(asked)
            with open(portfile + ".log", "a", encoding="ascii") as f:
                f.write(self.path + "\n")
        try:
            self.answer(n)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def read(self):
        path = os.path.join(root, self.path.lstrip("/"))
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as f:
            return f.read()

    def grows(self, data):
        """At first the checkpoint of an older state, and no tiles of it."""
        heads = sum(path.endswith("checkpoint") for path in asked)
        if heads == 1 and self.path.endswith("checkpoint"):
            with open(os.path.join(arg, "tlog/checkpoint"), "rb") as f:
                data = f.read()
        elif heads == 1:
            data = None
        if data is None:
            self.say(404)
        else:
            self.say(200, data)

    def answer(self, n):
        data = self.read()
        this = arg and re.search(arg, self.path)
        if mode == "dies" and n > int(arg):
            self.say(503)
        elif mode == "grows":
            self.grows(data)
        elif mode == "gzip" and data is not None:
            self.say(200, gzip.compress(data), Content_Encoding="gzip")
        elif data is None and not this:
            self.say(404)
        elif not this:
            self.say(200, data)
        elif mode == "flip":
            self.say(200, flip(data))
        elif mode == "more":
            self.say(200, data + b"\0\0")
        elif mode == "cut":
            self.say(200, data[:-1])
        elif mode == "short":
            self.say(200, data[:-1], length=len(data))
            self.close_connection = True
        elif mode == "gone":
            self.say(404)
        elif mode == "endless":
            self.pour(b"\0" * 65536)
        elif mode == "slow":
            self.pour(b"\0", 0.2)
        elif mode == "bomb":
            self.say(200, gzip.compress(b"\0" * (32 << 20), 1),
                     Content_Encoding="gzip")
        elif mode == "file":
            self.say(302, Location="file://" + os.path.join(
                root, self.path.lstrip("/")))
        elif mode == "away":
            self.say(302, Location="http://127.0.0.2:1" + self.path)
        elif mode == "round":
            self.say(302, Location=self.path)
        elif mode == "moved":
            self.say(301, Location=self.path.replace("tile", "tlie"))
        else:
            self.say(500)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True


with Server(("127.0.0.1", 0), Handler) as server:
    if mode == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arg)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        arg = ""
    with open(portfile + ".new", "w", encoding="ascii") as f:
        f.write(str(server.server_address[1]))
    os.rename(portfile + ".new", portfile)
    server.serve_forever()
