"""Ordinary conversations over HTTP: services, tokens, signatures, ciphertext that ought to be there."""

import base64
import hashlib
import hmac
import json
import urllib.parse
import zlib

from content import NAMES, WORDS, Shape, count, guid, html, log, moment, noise, prose, sentence, size
from files import packed
from web import Web, multipart


def b64(data):
    return base64.b64encode(data).decode()


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(r, claims=None):
    """A JWT as identity providers issue them."""
    body = {
        "iss": "https://login.example/",
        "sub": guid(r),
        "exp": 1772530000 + r.randrange(9999),
        "scope": " ".join(r.sample(WORDS, 3)),
        **(claims or {}),
    }
    return f"{url64(json.dumps({'alg': 'RS256', 'kid': url64(r.randbytes(8))}).encode())}.{url64(json.dumps(body).encode())}.{url64(r.randbytes(256))}"


def plain_json(r, c):
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        w.post(s.json(r, size(r)), "application/json; charset=utf-8")


def gzip_json(r, c):
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        w.post(packed(r, s.json(r, size(r, 2000))), "application/json", headers=["Content-Encoding: gzip"])


def deflated_answers(r, c):
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        w.ask("GET", f"{w.path}?page={r.randrange(999)}")
        w.answer(
            packed(r, s.json(r, size(r, 3000))),
            headers=["Content-Encoding: gzip", f'ETag: W/"{r.randbytes(8).hex()}"'],
            chunks=r.choice([0, 1024]),
        )


def signed_json(r, c):
    w, s, key = Web(r, c), Shape(r), r.randbytes(32)
    for _ in range(count(r)):
        body = s.json(r, size(r))
        w.post(
            body,
            "application/json",
            headers=[f"X-Signature: sha256={hmac.new(key, body, 'sha256').hexdigest()}", f"X-Request-Id: {guid(r)}"],
        )


def jws_bodies(r, c):
    """ACME and payments: protected header, payload and signature in base64url."""
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        head = {"alg": "ES256", "nonce": url64(r.randbytes(16)), "url": f"https://{w.host}{w.path}", "kid": "https://ca.example/acct/1"}
        doc = {
            "protected": url64(json.dumps(head).encode()),
            "payload": url64(s.json(r, size(r, 300))),
            "signature": url64(r.randbytes(64)),
        }
        w.post(json.dumps(doc).encode(), "application/jose+json")


def sealed_messages(r, c):
    """A messenger with encryption end to end: contents of real messages, padded to 160 as Signal does."""
    w = Web(r, c)
    for _ in range(count(r)):
        doc = {"destination": guid(r), "timestamp": 1772530000000 + r.randrange(10**7), "messages": []}
        for device in range(1, r.randrange(2, 4)):
            content = r.randbytes(-(-size(r, 120, 1.0, 10) // 160) * 160 + 66)
            doc["messages"].append(
                {"type": 1, "destinationDeviceId": device, "destinationRegistrationId": r.randrange(16380), "content": b64(content)}
            )
        w.post(json.dumps(doc).encode(), "application/json", f"/v1/messages/{guid(r)}")


def megolm(r, c):
    """Rooms of Matrix: unpadded base64, lengths follow what people write."""
    w, session, sender = Web(r, c), url64(r.randbytes(32)), b64(r.randbytes(32)).rstrip("=")
    for at in range(count(r)):
        text = b64(r.randbytes(16 * (1 + size(r, 180, 0.8, 30) // 16) + 89)).rstrip("=")
        doc = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": text,
            "device_id": "ABCDEFGHIJ",
            "sender_key": sender,
            "session_id": session,
        }
        w.ask("PUT", f"/_matrix/client/v3/rooms/!x:example/send/m.room.encrypted/m{at}", json.dumps(doc).encode(), "application/json")
        w.answer(json.dumps({"event_id": "$" + url64(r.randbytes(32))}).encode())


def sealed_fields(r, c):
    """Records of which some fields are encrypted: nonce, ciphertext and tag in one, hex or base64."""
    w, s, encode = Web(r, c), Shape(r), r.choice([b64, lambda d: d.hex()])
    fields = {
        "comment": sentence,
        "external": guid,
        "name": lambda r: f"{r.choice(NAMES)} {r.choice(WORDS)}",
        "note": lambda r: prose(r, size(r, 60, 0.8, 1)),
    }
    keys = r.sample(sorted(fields), 3)
    for _ in range(count(r)):
        doc = s.document(r, size(r, 300))
        for key in keys:
            doc[key + "_enc"] = encode(r.randbytes(12) + r.randbytes(len(fields[key](r))) + r.randbytes(16))
        w.post(json.dumps(doc).encode(), "application/json")


def sealed_bodies(r, c):
    """Bodies that a gateway encrypted whole, under their old label."""
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        w.post(r.randbytes(12 + len(s.json(r, size(r))) + 16), "application/json")


def jwe_bodies(r, c):
    w, s = Web(r, c), Shape(r)
    head = url64(json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": guid(r)}).encode())
    for _ in range(count(r)):
        parts = [head, url64(r.randbytes(256)), url64(r.randbytes(12)), url64(r.randbytes(len(s.json(r, size(r))))), url64(r.randbytes(16))]
        w.post(".".join(parts).encode(), "application/jose")


def bearer(r, c):
    w, s, current = Web(r, c), Shape(r), token(r)
    for at in range(count(r)):
        current = token(r) if at % 20 == 19 else current
        w.ask(
            "GET",
            f"{w.path}/{guid(r)}",
            headers=[f"Authorization: Bearer {current}", f"traceparent: 00-{r.randbytes(16).hex()}-{r.randbytes(8).hex()}-01"],
        )
        w.answer(s.json(r, size(r)))


def renewed_sessions(r, c):
    """The server renews an encrypted session with each answer, as Rails, Laravel and Play do."""
    w = Web(r, c)
    session = urllib.parse.quote(b64(r.randbytes(size(r, 250, 0.4))))
    for _ in range(count(r)):
        w.ask("GET", f"/{r.choice(WORDS)}", headers=[f"Cookie: _app_session={session}"])
        session = urllib.parse.quote(f"{b64(r.randbytes(size(r, 250, 0.4)))}--{b64(r.randbytes(12))}--{b64(r.randbytes(16))}")
        w.answer(
            html(r, size(r, 1500)),
            "text/html; charset=utf-8",
            headers=[f"Set-Cookie: _app_session={session}; path=/; HttpOnly; SameSite=Lax"],
        )


def bot_guards(r, c):
    """Sites behind guards against bots: cookies that the answers set anew, reports of sensors in their own alphabets."""
    w, cookie = Web(r, c), noise(r, "alnum", 180).decode()
    for at in range(count(r)):
        if at % 3 == 0:
            parts = [
                str(r.randrange(9)),
                str(r.randrange(10**7)),
                *(",".join(str(r.randrange(1000)) for _ in range(r.randrange(3, 9))) for _ in range(20)),
                b64(r.randbytes(33)),
            ]
            w.ask(
                "POST",
                "/" + noise(r, "alnum", 16).decode(),
                json.dumps({"sensor_data": ";".join(parts)}).encode(),
                "text/plain;charset=UTF-8",
                [f"Cookie: _abck={cookie}"],
            )
            cookie = f"{r.randbytes(16).hex().upper()}~{r.choice(['-1', '0'])}~YAAQ{b64(r.randbytes(r.choice([150, 180, 210])))}~-1~-1"
            w.answer(b'{"success": true}', headers=[f"Set-Cookie: _abck={cookie}; Domain=.shop.example; Path=/; Secure"])
        else:
            w.ask("GET", f"/{r.choice(WORDS)}/{r.choice(WORDS)}", headers=[f"Cookie: _abck={cookie}"])
            w.answer(html(r, size(r, 1500)), "text/html")


def captchas(r, c):
    """Forms with the answer of a captcha, of which the length varies with what was observed."""
    w = Web(r, c)
    for _ in range(count(r)):
        answer = "03AFcWeA" + url64(r.randbytes(size(r, 900, 0.15)))
        form = {
            "name": r.choice(NAMES),
            "comment": prose(r, size(r, 200)),
            "csrf_token": r.randbytes(20).hex(),
            "g-recaptcha-response": answer,
        }
        w.post(urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")


def analytics(r, c):
    """Page views with client identifiers that stay and cache busters that do not."""
    w = Web(r, c, "www.analytics.example")
    client, cookie = (
        f"{r.randrange(10**9)}.{1772500000 + r.randrange(10**5)}",
        f"_ga=GA1.2.{r.randrange(10**9)}.1772500000; _fbp=fb.1.1772500000000.{r.randrange(10**9)}; IDE={url64(r.randbytes(48))}",
    )
    for at in range(count(r)):
        q = {
            "v": 2,
            "tid": "G-ABCDE12345",
            "gtm": "45je" + noise(r, "alnum", 12).decode(),
            "_p": r.randrange(10**9),
            "cid": client,
            "ul": "en-us",
            "sr": "1920x1080",
            "_s": at,
            "dl": f"https://shop.example/{r.choice(WORDS)}/{r.choice(WORDS)}",
            "dt": sentence(r),
            "en": r.choice(["page_view", "scroll", "click"]),
            "z": r.randrange(10**9),
        }
        w.ask("POST" if at % 2 else "GET", "/g/collect?" + urllib.parse.urlencode(q), headers=[f"Cookie: {cookie}"])
        w.answer(status="204 No Content")


def telemetry(r, c):
    """Events of a program: UUIDs everywhere."""
    w, device, session = Web(r, c), guid(r), guid(r)
    for _ in range(count(r)):
        events = [
            {
                "id": guid(r),
                "type": r.choice(WORDS),
                "time": moment(r) + "Z",
                "device": device,
                "session": session,
                "correlation": guid(r),
                "props": {k: guid(r) if r.random() < 0.4 else r.randrange(999) for k in r.sample(WORDS, 4)},
            }
            for _ in range(r.randrange(1, 8))
        ]
        w.post(json.dumps({"events": events, "sent": moment(r)}).encode(), "application/json")


def error_envelopes(r, c):
    """Lines of JSON that say the lengths of what follows, as Sentry takes them."""
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        event = s.json(r, size(r, 900))
        head = json.dumps(
            {"event_id": r.randbytes(16).hex(), "sent_at": moment(r) + "Z", "dsn": f"https://{'ab' * 16}@sentry.example/2"}
        ).encode()
        items = json.dumps({"type": "event", "length": len(event)}).encode() + b"\n" + event + b"\n"
        if r.random() < 0.3:
            shot = zlib.compress(log(r, 1500))
            items += json.dumps({"type": "attachment", "length": len(shot), "filename": "log.z"}).encode() + b"\n" + shot + b"\n"
        w.post(head + b"\n" + items, "application/x-sentry-envelope")


def signed_storage(r, c):
    """Uploads to object storage in signed chunks (aws-chunked) under signed headers."""
    w = Web(r, c, "bucket.s3.storage.example")
    for _ in range(count(r, 8, 40)):
        data = r.choice([lambda: packed(r, log(r, size(r, 9000))), lambda: log(r, size(r, 4000)), lambda: r.randbytes(size(r, 3000))])()
        body = b"".join(
            b"%x;chunk-signature=%s\r\n" % (len(p), r.randbytes(32).hex().encode()) + p + b"\r\n"
            for p in [*(data[i : i + 8192] for i in range(0, len(data), 8192)), b""]
        )
        auth = f"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260303/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature={r.randbytes(32).hex()}"
        w.ask(
            "PUT",
            f"/{r.choice(WORDS)}/{guid(r)}",
            body,
            "application/octet-stream",
            [
                auth,
                "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                f"x-amz-decoded-content-length: {len(data)}",
                "Content-Encoding: aws-chunked",
            ],
        )
        w.answer(
            headers=[
                f'ETag: "{hashlib.md5(data).hexdigest()}"',
                f"x-amz-request-id: {noise(r, 'alnum', 16).decode().upper()}",
                f"x-amz-id-2: {b64(r.randbytes(56))}",
            ]
        )


def presigned(r, c):
    """Downloads by signed addresses: query parameters full of signatures and tokens."""
    w = Web(r, c, "files.storage.example")
    for _ in range(count(r)):
        q = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": "20260303T101010Z",
            "X-Amz-Expires": 900,
            "X-Amz-Security-Token": b64(r.randbytes(size(r, 700, 0.05))),
            "X-Amz-Signature": r.randbytes(32).hex(),
        }
        w.ask("GET", f"/{guid(r)}/{r.choice(WORDS)}.pdf?" + urllib.parse.urlencode(q))
        w.answer(packed(r, log(r, size(r, 4000))), "application/gzip")


def soap(r, c):
    """Documents in base64 within SOAP, lines of 76, with a signature."""
    w = Web(r, c)
    for _ in range(count(r)):
        inner = base64.encodebytes(r.choice([packed(r, log(r, size(r, 3000))), log(r, size(r, 800))])).decode().replace("\n", "\r\n")
        body = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><soap:Header><wsse:BinarySecurityToken>{b64(r.randbytes(700))}</wsse:BinarySecurityToken><ds:SignatureValue>{b64(r.randbytes(256))}</ds:SignatureValue></soap:Header><soap:Body><Store><id>{guid(r)}</id><content>{inner}</content></Store></soap:Body></soap:Envelope>'
        w.ask("POST", w.path + ".asmx", body.encode(), "text/xml; charset=utf-8", ['SOAPAction: "http://example/Store"'])
        w.answer(
            b'<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><StoreResponse/></soap:Body></soap:Envelope>',
            "text/xml",
        )


def view_states(r, c):
    """ASP.NET pages: the state comes with a page and goes back with the form."""
    w = Web(r, c)
    state = b64(b"\xff\x01\x0f" + r.randbytes(size(r, 900)))
    for _ in range(count(r)):
        form = {
            "__EVENTTARGET": r.choice(WORDS),
            "__VIEWSTATE": state,
            "__VIEWSTATEGENERATOR": "CA0B0334",
            "__EVENTVALIDATION": b64(r.randbytes(180)),
            "ctl00$name": sentence(r),
        }
        w.ask("POST", "/default.aspx", urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")
        state = b64(b"\xff\x01\x0f" + r.randbytes(size(r, 900)))
        page = html(r, size(r, 900))
        w.answer(page[:-16] + f'<input type="hidden" name="__VIEWSTATE" value="{state}" />\n</body>\n</html>\n'.encode(), "text/html")


def nonce_pages(r, c):
    """Pages with nonces for scripts, integrity hashes and tokens against forgery."""
    w = Web(r, c)
    for _ in range(count(r)):
        w.ask("GET", f"/{r.choice(WORDS)}/{r.randrange(999)}")
        nonce = b64(r.randbytes(16))
        tags = "".join(
            f'<script nonce="{nonce}" src="/{r.choice(WORDS)}.{r.randbytes(10).hex()}.js" integrity="sha384-{b64(r.randbytes(48))}"></script>'
            for _ in range(r.randrange(1, 6))
        )
        page = html(r, size(r, 2500)).replace(
            b"</head>", f'<meta name="csrf-token" content="{b64(r.randbytes(64))}">{tags}</head>'.encode()
        )
        w.answer(page, "text/html; charset=utf-8", headers=[f"Content-Security-Policy: script-src 'nonce-{nonce}'"])


def single_sign_on(r, c):
    """Redirects with state, nonce, challenge and codes."""
    w = Web(r, c, "login.example")
    for _ in range(count(r)):
        q = {
            "client_id": guid(r),
            "response_type": "code",
            "state": url64(r.randbytes(r.choice([16, 32]))),
            "nonce": url64(r.randbytes(32)),
            "code_challenge": url64(r.randbytes(32)),
            "redirect_uri": "https://app.example/cb",
        }
        w.ask("GET", "/authorize?" + urllib.parse.urlencode(q))
        w.answer(
            status="302 Found",
            headers=[f"Location: https://app.example/cb?code=0.{url64(r.randbytes(size(r, 500, 0.1)))}&state={q['state']}"],
        )


def saml(r, c):
    w = Web(r, c)
    for _ in range(count(r)):
        doc = f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ID="_{r.randbytes(16).hex()}" IssueInstant="{moment(r)}Z"><saml:Assertion><ds:SignatureValue>{b64(r.randbytes(256))}</ds:SignatureValue><saml:NameID>{r.choice(NAMES)}@corp.example</saml:NameID><saml:AttributeValue>{sentence(r)}</saml:AttributeValue></saml:Assertion></samlp:Response>'
        form = {"SAMLResponse": b64(doc.encode()), "RelayState": f"ss:mem:{r.randbytes(32).hex()}"}
        w.post(urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded", "/saml/acs")


def event_stream(r, c):
    """Server-sent events with comments as keep-alive, over minutes."""
    w, s = Web(r, c), Shape(r)
    w.ask("GET", w.path, headers=["Accept: text/event-stream"])
    c.add("in", b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(count(r)):
        text = (
            b":" + b" " * r.choice([0, 2048]) + b"\n\n"
            if r.random() < 0.5
            else f"id: {at}\nevent: {r.choice(WORDS)}\ndata: ".encode() + s.json(r, size(r, 200)) + b"\n\n"
        )
        c.add("in", b"%x\r\n%s\r\n" % (len(text), text), gap=r.uniform(0.6, 9))


def blank_streams(r, c):
    """Long answers that are kept alive by blanks or new lines until the result is there."""
    w, s, blank = Web(r, c), Shape(r), r.choice([b" ", b"\n", b" " * 64, b"\r\n"])
    for _ in range(count(r, 8, 24)):
        w.ask("POST", w.path, s.json(r, 300), "application/json")
        c.add("in", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(r.randrange(1, 7)):
            c.add("in", b"%x\r\n%s\r\n" % (len(blank), blank), gap=r.uniform(0.6, 2))
        body = s.json(r, size(r))
        c.add("in", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), gap=0.7)


def bulk_index(r, c):
    """Elasticsearch: lines of JSON, identifiers of documents in base64url."""
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        lines = b"".join(
            json.dumps({"index": {"_index": "logs-2026", "_id": url64(r.randbytes(15))}}).encode()
            + b"\n"
            + json.dumps(s.record(r)).encode()
            + b"\n"
            for _ in range(r.randrange(2, 14))
        )
        w.post(lines, "application/x-ndjson", "/_bulk")


def csv_ids(r, c):
    """Tables with identifiers, hashes and keys, in forms and bare."""
    w = Web(r, c)
    for _ in range(count(r)):
        rows = "id,customer,checksum,amount,created\r\n" + "".join(
            f"{guid(r)},{noise(r, 'alnum', 12).decode().upper()},{r.randbytes(20).hex()},{r.randrange(10**6) / 100},{moment(r)}\r\n"
            for _ in range(r.randrange(3, 40))
        )
        if r.random() < 0.5:
            w.post(rows.encode(), "text/csv")
        else:
            body, ctype = multipart(r, [("file", "export.csv", "text/csv", rows.encode()), ("token", None, None, noise(r, "alnum", 32))])
            w.post(body, ctype)


def certificates(r, c):
    """PEM, public keys and answers about revocation: DER."""
    w = Web(r, c, "ocsp.ca.example")
    for _ in range(count(r)):
        serial = r.randbytes(16)
        w.ask(
            "POST",
            "/",
            b"\x30\x51\x30\x4f\x30\x4d\x30\x4b\x30\x49\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"
            + r.randbytes(20)
            + b"\x04\x14"
            + r.randbytes(20)
            + b"\x02\x10"
            + serial,
            "application/ocsp-request",
        )
        inner = b"\x30\x82\x00\x40" + b"\xa2\x16\x04\x14" + r.randbytes(20) + b"\x18\x0f20260303101010Z" + b"\x04\x14" + r.randbytes(5)
        der = b"\x0a\x01\x00\xa0\x82" + (len(inner) + 260).to_bytes(2, "big") + inner + b"\x03\x82\x01\x01\x00" + r.randbytes(255)
        w.answer(b"\x30\x82" + len(der).to_bytes(2, "big") + der, "application/ocsp-response", headers=["Cache-Control: max-age=3600"])


def armoured(r, c):
    """Files that people encrypted before they stored them: PGP armour, age."""
    w, style = Web(r, c), r.choice(["pgp", "age"])
    for _ in range(count(r)):
        raw = r.randbytes(size(r, 900))
        if style == "pgp":
            text = (
                "-----BEGIN PGP MESSAGE-----\n\n"
                + "\n".join(b64(raw)[i : i + 64] for i in range(0, len(b64(raw)), 64))
                + f"\n={b64(r.randbytes(3))}\n-----END PGP MESSAGE-----\n"
            )
            w.post(text.encode(), "text/plain")
        else:
            head = f"age-encryption.org/v1\n-> X25519 {url64(r.randbytes(32))}\n{url64(r.randbytes(32))}\n--- {url64(r.randbytes(32))}\n".encode()
            w.post(head + r.randbytes(16) + raw, "application/octet-stream")


def translated_pages(r, c):
    """Answers in JSON with guards in front, as large sites send them."""
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        w.ask("GET", f"/async/{r.choice(WORDS)}?ei={url64(r.randbytes(16))}&vet={url64(r.randbytes(20))}")
        w.answer(b")]}'\n" + s.json(r, size(r)), "application/json; charset=utf-8")
