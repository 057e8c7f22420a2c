"""Reads messages with Python's own e-mail package: one base64 line in, one line of JSON out. For tests."""

import base64
import email
import email.header
import email.utils
import json
import sys

# The older of the package's two readers: the newer one in Python 3.11 puts a space between adjacent encoded words of
# a display name, which RFC 2047 section 6.2 forbids.


def decode(text):
    return str(email.header.make_header(email.header.decode_header(text)))


def unfold(text):
    return str(text).replace("\r\n", "").replace("\n", "")


def read_addresses(message, name):
    raw = [unfold(value) for value in message.get_all(name, [])]
    return [{"name": decode(n), "address": a} for n, a in email.utils.getaddresses(raw)]


def find_leaves(part):
    if part.get_content_maintype() != "multipart":
        return [part]
    return [leaf for child in part.get_payload() for leaf in find_leaves(child)]


def read_content(part):
    if part.get_content_type() == "message/rfc822":
        return part.get_payload(0).as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return part.get_payload(decode=True)


def read(raw):
    message = email.message_from_bytes(raw)
    defects = [type(d).__name__ for part in message.walk() for d in part.defects]
    leaves = find_leaves(message)
    texts = {}
    files = []
    for part in leaves:
        if part.get_content_disposition() is not None:
            files.append(
                {
                    "filename": part.get_filename(),
                    "contentType": part.get_content_type(),
                    "content": base64.b64encode(read_content(part)).decode(),
                    "contentId": str(part["content-id"] or ""),
                    "disposition": part.get_content_disposition(),
                }
            )
        else:
            texts[part.get_content_type()] = part.get_payload(decode=True).decode("utf-8")
    return {
        "names": [name.lower() for name in message.keys()],
        "from": read_addresses(message, "from"),
        "to": read_addresses(message, "to"),
        "cc": read_addresses(message, "cc"),
        "replyTo": read_addresses(message, "reply-to"),
        "subject": decode(unfold(message["subject"])),
        "notes": [decode(unfold(value)) for value in message.get_all("x-note", [])],
        "date": email.utils.parsedate_to_datetime(message["date"]).timestamp() * 1000,
        "messageId": str(message["message-id"]),
        "structure": [part.get_content_type() for part in message.walk()],
        "text": texts.get("text/plain"),
        "html": texts.get("text/html"),
        "files": files,
        "defects": defects,
    }


for line in sys.stdin:
    print(json.dumps(read(base64.b64decode(line))))
