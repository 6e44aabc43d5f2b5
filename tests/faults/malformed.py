"""Malformed bodies to try: valid events with accidents, and a corpus of bombs."""

import random

GOOD = b'{"type":"join","session":"s","user":"neighbour"}'
VALID = [
    GOOD,
    b'{"type":"message","id":"m1","at":"2026-11-21T10:00:00+02:00","session":"keynote",'
    b'"user":"ann","text":"hello \\u00e4 \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",'
    b'"role":"host"}',
    b'{"type":"reaction","session":"s","user":"u","emoji":"\xf0\x9f\x91\x8d","action":"remove"}',
    b'{"type":"poll_opened","session":"s","poll":"p","question":"?","options":["a","b"]}',
    b'{"type":"poll_vote","session":"s","user":"u","poll":"p","option":1}',
    b'{"type":"heartbeat","session":"s","at":"2026-11-21T10:00:00.123456Z","source":"feed"}',
]
NASTY = [
    b"NaN",
    b"Infinity",
    b"-1",
    b"1e999",
    b"9" * 400,
    b"0x1",
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u0000"',
    b"\x00",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\x7f",
    b'"' + b"x" * 300 + b'"',
    b"[" * 3000,
    b'{"a":' * 3000,
    b"]",
    b"}",
    b'"',
    b"\\",
    b'"0001-01-01T00:00:00+14:00"',
    b'"9999-12-31T23:59:59.999999-14:00"',
    b'"2026-13-01T00:00:00Z"',
    b'"2026-11-21T10:00:00"',
    b'"2026-11-21"',
    b"1763719325",
    b'"type":"join"',
    b'"session":"t"',
    b'"id":1',
    b'"at":null',
    b'"user":["u"]',
    b"\n",
    b"\r\n",
    b"\xe2\x80\xa8",
    b",",
    b":",
    b"/*",
    b"'",
]
BOMBS = [
    b"",
    b" ",
    b"\n\n",
    b"[",
    b"]",
    b"{",
    b"}",
    b"[]",
    b"null",
    b"[null]",
    b"nul",
    b"\x00",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 500 + b"]" * 500,
    b'"' * 1000,
    b"9" * 100_000,
    b"-",
    b"1e999999999",
    b'{"type":"join","session":"s"' + b',"k":1' * 100_000 + b"}",
    b'{"type":"message","session":"s","text":"' + b"x" * 1_000_000 + b'"}',
    b'{"type":"message","session":"s","text":"\\ud83d"}',
    b'{"type":"join","session":"\\u0000"}',
    b'{"type":"join","session":""}',
    b'{"type":"join","session":"' + b"s" * 201 + b'"}',
    b'{"session":"s"}',
    b'{"type":"nap"}',
    b'{"type":"join","session":"s","at":"9999-12-31T23:59:59-23:59"}',
    b'{"type":"join","session":"s","at":"0001-01-01T00:00:00+23:59"}',
    b'{"type":"join","session":"s","at":1e18}',
    b'{"type":"join","session":"s","at":-1}',
    b'{"type":"join","session":"s","at":NaN}',
    b'{"type":"poll_vote","session":"s","poll":"p"}',
    b'{"type":"poll_vote","session":"s","poll":"p","option":' + b"9" * 30 + b"}",
    b'{"type":"poll_opened","session":"s","poll":"p","options":' + b'["a"]' * 2 + b"}",
    b'{"type":"poll_opened","session":"s","poll":"p","options":[' + b'"a",' * 100 + b'"a"]}',
    b'{"type":"reaction","session":"s","emoji":""}',
    b'{"type":["join"],"session":"s"}',
    b'{"type":"join","session":{"$ne":null}}',
    b'{"type":"join","type":"leave"}',
    b"<xml/>",
    b"type=join&session=s",
    b"\x1f\x8b\x08\x00",
    b'[{"type":"join","session":"s"},]',
    b"[1,2,3]",
    b'{"type":"join"} {"type":"join"}',
    b"a,b,c\n1,2,3",
    b"[[]]",
    b'[{"type":"join"',
    b"\xef\xbb\xbf[]",
]


def mutate(chance: random.Random, body: bytes) -> bytes:
    """One to four small accidents."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        until = min(len(body), at + chance.randint(1, 12))
        kind = chance.randrange(6)
        if kind == 0:
            body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        elif kind == 1:
            body = body[:at] + body[until:]
        elif kind == 2:
            body = body[:at] + chance.choice(NASTY) + body[at:]
        elif kind == 3:
            body = body[:at] + body[at:until] * 2 + body[until:]
        elif kind == 4:
            body = body[:at]
        else:  # put something else where a value stands
            body = body.replace(b'"s"', chance.choice(NASTY), 1)
    return body
