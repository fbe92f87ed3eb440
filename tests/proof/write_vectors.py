"""Writes tests/vectors/statements.json again: `python tests/proof/write_vectors.py`.

The vectors are fixed by the format; a change of this file's output is a change of the contract.
"""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from small_log import CORE, MAKER, ORIGIN, TERMS, compact

from traceability.proof.disclosure import disclose
from traceability.proof.signing import PrivateKey, b64
from traceability.proof.statement import (
    Body,
    Statement,
    commit,
    draft_custody,
    draft_registry,
    format_header,
    sign,
)

# The key of RFC 6979 appendix A.2.5, so that others can check what is signed with it.
SCALAR = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
KEY = PrivateKey.from_scalar(int(SCALAR, 16))
IAT = "2026-11-23T10:00:00+01:00"
LONG_PREV = b64(bytes(range(32)))


def raw64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jws(header: bytes, claims: bytes, signature: bytes = bytes(64)) -> str:
    return f"{raw64(header)}.{raw64(claims)}.{raw64(signature)}"


def items(count: int) -> tuple[str, ...]:
    roles = "ecio"
    return tuple(f"{roles[n % 4]}https://id.gs1.org/01/09521321000012/21/N{n}%2F" for n in range(count))


def custody(count: int, seq: int, prev: str, core: bytes = CORE, terms: bytes = TERMS) -> dict:
    body = Body(bytes((n * 7 + count) % 256 for n in range(32)), core, terms, items(count))
    statement = sign(draft_custody(ORIGIN, MAKER, IAT, seq, prev, body), KEY)
    made = described(statement) | {"body": body.to_json().decode()}
    made["commitments"] = dict(zip(("core", "terms", "items"), map(b64, commit(body)), strict=True))
    made["disclosure"] = disclose(body, body.items[-2:], terms=count % 2 == 0).to_json().decode()
    return made


def registry(act: bytes, seq: int, prev: str) -> dict:
    statement = sign(draft_registry(ORIGIN, MAKER, IAT, seq, prev, act), KEY)
    return described(statement) | {"act": act.decode()}


def described(statement: Statement) -> dict:
    return {
        "scalar": SCALAR,
        "jwk": json.loads(KEY.public.jwk),
        "kid": statement.kid,
        "id": statement.id,
        "jws": statement.jws.decode(),
    }


def statements() -> list[dict]:
    acts = [
        compact({"type": "rules", "version": 1}),
        compact(
            {
                "type": "party",
                "gln": MAKER,
                "name": "Zoë & 王 \u2028\x7f/",
                "roles": ["maker"],
                "country": "DE",
            }
        ),
        compact({"type": "x", "deep": {"a": [None, True, False, -(2**53 - 1), [], {}]}, "e": ""}),
    ]
    made = [custody(count, seq, LONG_PREV if seq else "") for seq, count in enumerate((1, 0, 2, 3, 7, 8, 33))]
    made.append(custody(1, 2**53 - 1, LONG_PREV, b"{}", b'{"a":{"b":[1,"\\u0007\\n"]}}'))
    return made + [registry(act, seq, LONG_PREV if seq else "") for seq, act in enumerate(acts)]


def refused() -> list[dict]:
    good = Statement.parse(statements()[0]["jws"])
    head = format_header("custody+jws", good.kid)
    reg_head = format_header("registry+jws", good.kid)
    payload = base64.urlsafe_b64decode(good.jws.split(b".")[1] + b"==")
    reg = draft_registry(ORIGIN, MAKER, IAT, 0, "", b'{"type":"rules","version":1}')
    text = good.jws.decode()
    h, p, s = text.split(".")

    def claims(why: str, old: bytes, new: bytes) -> dict:
        assert old in payload, why
        return {"why": why, "jws": jws(head, payload.replace(old, new, 1))}

    def header(why: str, changed: bytes) -> dict:
        assert changed != head, why
        return {"why": why, "jws": jws(changed, payload)}

    def act(why: str, changed: bytes) -> dict:
        return {"why": why, "jws": jws(reg_head, reg.replace(b'{"type":"rules","version":1}', changed))}

    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    trailing = s[:-1] + alphabet[alphabet.index(s[-1]) + 1]
    core = json.loads(payload)["core"]
    slack = core[:-1] + alphabet[alphabet.index(core[-1]) + 1]
    return [
        {"why": "empty", "jws": ""},
        {"why": "two parts", "jws": f"{h}.{p}"},
        {"why": "four parts", "jws": f"{text}."},
        {"why": "white space before", "jws": f" {text}"},
        {"why": "newline after", "jws": f"{text}\n"},
        {"why": "padding on the signature", "jws": f"{text}=="},
        {"why": "trailing bits of the signature", "jws": f"{h}.{p}.{trailing}"},
        {"why": "signature of 63 bytes", "jws": f"{h}.{p}.{raw64(bytes(63))}"},
        {"why": "signature of 65 bytes", "jws": f"{h}.{p}.{raw64(bytes(65))}"},
        {"why": "signature in base64 with plus and slash", "jws": f"{h}.{p}.{'+/' * 43}"},
        {"why": "no signature", "jws": f"{h}.{p}."},
        {"why": "no claims", "jws": f"{h}..{s}"},
        {"why": "line break inside", "jws": f"{h}.{p[:40]}\n{p[40:]}.{s}"},
        header("header with white space", head.replace(b",", b", ")),
        header(
            "header members in another order",
            b'{"kid":"%s","alg":"ES256","typ":"custody+jws"}' % good.kid.encode(),
        ),
        header("a further header member", head.replace(b"}", b',"b64":false}')),
        header("a header member twice", head.replace(b"}", b',"typ":"custody+jws"}')),
        header("no signature algorithm", head.replace(b"ES256", b"none")),
        header("another algorithm", head.replace(b"ES256", b"HS256")),
        header("another typ", head.replace(b"custody+jws", b"JWT")),
        header("typ of the other kind", head.replace(b"custody+jws", b"registry+jws")),
        header("kid of 31 bytes", head.replace(good.kid.encode(), b64(bytes(31)).encode())),
        header("kid as a number", head.replace(b'"%s"' % good.kid.encode(), b"7")),
        header("escaped header", head.replace(b"ES256", b"\\u0045S256")),
        header("header not JSON", b"alg=ES256"),
        header("header an array", b"[]"),
        header("header null", b"null"),
        header("byte order mark", b"\xef\xbb\xbf" + head),
        claims("white space between claims", b',"log"', b', "log"'),
        claims("white space after", b"}", b"} "),
        claims(
            "claims in another order",
            b'"v":1,"log":"%s"' % ORIGIN.encode(),
            b'"log":"%s","v":1' % ORIGIN.encode(),
        ),
        claims("a claim twice", b'"seq":0', b'"seq":0,"seq":0'),
        claims("a further claim", b'"prev":""', b'"prev":"","exp":1'),
        claims("a claim missing", b'"prev":"",', b""),
        claims("version 2", b'"v":1', b'"v":2'),
        claims("version as a fraction", b'"v":1', b'"v":1.0'),
        claims("version as text", b'"v":1', b'"v":"1"'),
        claims("seq with an exponent", b'"seq":0', b'"seq":0e0'),
        claims("seq minus zero", b'"seq":0', b'"seq":-0'),
        claims("seq with a leading zero", b'"seq":0', b'"seq":00'),
        claims("seq negative", b'"seq":0,"prev":""', b'"seq":-1,"prev":"%s"' % LONG_PREV.encode()),
        claims(
            "seq of 2^53", b'"seq":0,"prev":""', b'"seq":9007199254740992,"prev":"%s"' % LONG_PREV.encode()
        ),
        claims("seq 1 without prev", b'"seq":0', b'"seq":1'),
        claims("seq 0 with prev", b'"prev":""', b'"prev":"%s"' % LONG_PREV.encode()),
        claims(
            "prev with trailing bits",
            b'"seq":0,"prev":""',
            b'"seq":1,"prev":"%s"' % (LONG_PREV[:-1] + "9").encode(),
        ),
        claims("prev null", b'"prev":""', b'"prev":null'),
        claims("an escape", b'"log":"l', b'"log":"\\u006c'),
        claims("an escaped slash", b"log.example/", b"log.example\\/"),
        claims("a log with a plus sign", b"log.example/", b"log+example/"),
        claims("a log with white space", b"log.example/", b"log example/"),
        claims("an empty log", b'"log":"%s"' % ORIGIN.encode(), b'"log":""'),
        claims("a log not in ASCII", b"log.example/", "lög.example/".encode()),
        claims("bytes that are no UTF-8", b"log.example/", b"log\xff.example/"),
        claims("iss of 12 digits", MAKER.encode(), MAKER[:12].encode()),
        claims("iss in other digits", MAKER.encode(), "٩٥٢١٠٠٠٠٠٠٠١٣".encode()),
        claims("a day that is not", b"2026-11-23", b"2026-11-31"),
        claims("29 February of a common year", b"2026-11-23", b"2026-02-29"),
        claims("29 February of a century", b"2026-11-23", b"2100-02-29"),
        claims("month 13", b"2026-11-23", b"2026-13-01"),
        claims("day 0", b"2026-11-23", b"2026-11-00"),
        claims("year 0", b"2026-11-23", b"0000-11-23"),
        claims("hour 24", b"T10:", b"T24:"),
        claims("second 60", b":00+01:00", b":60+01:00"),
        claims("offset of 24 hours", b"+01:00", b"+24:00"),
        claims("offset of 60 minutes", b"+01:00", b"+01:60"),
        claims("unknown offset", b"+01:00", b"-00:00"),
        claims("Z for the offset", b"+01:00", b"Z"),
        claims("no offset", b"+01:00", b""),
        claims("milliseconds", b":00+01:00", b":00.000+01:00"),
        claims("a space for the T", b"T10", b" 10"),
        claims("a small t", b"T10", b"t10"),
        claims("commitment with trailing bits", core.encode(), slack.encode()),
        claims("commitment with padding", b'"core":"%s"' % core.encode(), b'"core":"%s="' % core.encode()),
        claims("commitment too short", core.encode(), core[:-1].encode()),
        claims("commitment with a newline", core.encode(), core.encode() + b"\\n"),
        {"why": "claims null", "jws": jws(head, b"null")},
        {"why": "claims an array", "jws": jws(head, b"[]")},
        {"why": "claims not JSON", "jws": jws(head, b"v=1")},
        act("act null", b"null"),
        act("act an array", b"[]"),
        act("act a text", b'"rules"'),
        act("act with white space", b'{"type": "rules","version":1}'),
        act("act with a member twice", b'{"type":"rules","version":1,"version":1}'),
        act("act with a member twice, deeper", b'{"type":"rules","a":[{"b":1,"b":1}]}'),
        act("act with a fraction", b'{"type":"rules","version":1.5}'),
        act("act with a whole fraction", b'{"type":"rules","version":1.0}'),
        act("act with an exponent", b'{"type":"rules","version":1e0}'),
        act("act with minus zero", b'{"type":"rules","version":-0}'),
        act("act with a large number", b'{"type":"rules","version":9007199254740993}'),
        act("act with an escape", b'{"type":"r\\u0075les"}'),
        act("act with a quote in a text", b'{"type":"a\\"b"}'),
        act("act with a name like a number", b'{"type":"rules","1":1}'),
        act("act with an empty name", b'{"type":"rules","":1}'),
        act("act with __proto__", b'{"type":"rules","__proto__":1}'),
        act("act not closed", b'{"type":"rules"'),
        {
            "why": "70 kB",
            "jws": jws(reg_head, draft_registry(ORIGIN, MAKER, IAT, 0, "", b'{"a":"%s"}' % (b"x" * 52000))),
        },
    ]


def bodies_refused() -> list[dict]:
    good = statements()[0]["body"]
    body = json.loads(good)

    def changed(why: str, **members: object) -> dict:
        return {"why": why, "body": compact(body | members).decode()}

    def spelt(why: str, old: str, new: str) -> dict:
        assert old in good, why
        return {"why": why, "body": good.replace(old, new, 1)}

    return [
        {"why": "not JSON", "body": "{"},
        {"why": "null", "body": "null"},
        {"why": "an array", "body": "[]"},
        changed("nonce of 31 bytes", nonce=b64(bytes(31))),
        changed("nonce with padding", nonce=body["nonce"] + "="),
        changed("core an object", core={}),
        changed("core not JSON", core="{"),
        changed("core an array", core="[]"),
        changed("core null", core="null"),
        changed("core with a member twice", core='{"a":1,"a":1}'),
        changed("core with a member twice, deeper", core='{"a":[{"b":{"c":1,"c":2}}]}'),
        changed("terms with a member twice", terms='{"meaning":"x","signer":"y","meaning":"z"}'),
        changed("terms with a member twice, once escaped", terms='{"a":1,"\\u0061":1}'),
        changed("item without a role", items=["https://id.gs1.org/01/09521321000012/21/A"]),
        changed("item with another role", items=["xhttps://id.gs1.org/01/09521321000012/21/A"]),
        changed("item with a role alone", items=["e"]),
        changed("item with white space", items=["ehttps://id.gs1.org/01/09521321000012/21/A B"]),
        changed("item with a newline", items=["ehttps://id.gs1.org/01/09521321000012/21/A\n"]),
        changed("item not in ASCII", items=["ehttps://id.gs1.org/01/09521321000012/21/Ä"]),
        changed("items a text", items="e"),
        changed("a further member", more=1),
        spelt("a member twice", '"items":', '"items":[],"items":'),
        spelt("a member missing", '"items":', '"item":'),
    ]


def main() -> None:
    vectors = {
        "origin": "Made by tests/proof/write_vectors.py with the key of RFC 6979 appendix A.2.5 (P-256)",
        "statements": statements(),
        "refused": refused(),
        "bodies_refused": bodies_refused(),
    }
    target = Path(__file__).parents[1] / "vectors/statements.json"
    target.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
