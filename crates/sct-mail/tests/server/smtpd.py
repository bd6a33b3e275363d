"""A real SMTP server on this machine: every message becomes a file. Some recipients are not taken."""

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = pathlib.Path(sys.argv[1])
options = dict(word.split("=", 1) for word in sys.argv[2:])


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("nobody"):
            return "550 no such mailbox here"
        if address.startswith("later") and not (folder / "open").exists():
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if b"Subject: unwanted" in envelope.content:
            return "554 not wanted"
        if b"Subject: silence" in envelope.content and not (folder / "open").exists():
            await asyncio.sleep(3600)
        Handler.count += 1
        name = folder / f"{Handler.count:05}.eml"
        content = envelope.content.replace(b"\r\n", b"\n")
        head = f"X-To: {','.join(envelope.rcpt_tos)}\nX-Tls: {session.ssl is not None}\nX-User: {session.authenticated}\n"
        name.write_bytes(head.encode() + content)
        return "250 taken"


def authenticator(server, session, envelope, mechanism, data):
    (folder / "attempts").open("a").write("x")
    right = data.login == b"loop" and data.password == b"hunter2"
    return AuthResult(success=right, handled=right)


async def main():
    context = None
    if "cert" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
    whole = options.get("tls") == "whole"
    kept = None if whole else context
    auth = {"authenticator": authenticator, "auth_required": True} if "auth" in options else {}

    def make():
        return SMTP(Handler(), hostname="localhost", tls_context=kept, require_starttls=kept is not None, **auth)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", int(options.get("port", 0)), ssl=context if whole else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
