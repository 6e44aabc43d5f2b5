"""The built pages are open to all, and tell nothing; the plain one tells, and is not."""

from __future__ import annotations

from pathlib import Path

from tests.web.keyed import keyed


async def test_pages_need_no_key_and_what_they_show_does(tmp_path: Path) -> None:
    """Whoever has none sees where to sign in."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>sign in</title>")
    (static / "assets" / "a.js").write_text("1")
    async with keyed(tmp_path / "data", static) as site:
        for path in ("/", "/sessions/x", "/assets/a.js"):
            told = await site.client.get(path)
            assert told.status_code == 200, path
            assert "unsafe-inline" not in told.headers["content-security-policy"]
        for path in ("/v1/sessions", "/docs", "/openapi.json", "/metrics"):
            assert (await site.client.get(path)).status_code == 401, path


async def test_the_plain_page_shows_sessions_and_so_needs_a_key(tmp_path: Path) -> None:
    """It is made here, not in the browser."""
    async with keyed(tmp_path / "data", tmp_path / "static") as site:
        assert (await site.client.get("/")).status_code == 401
        told = await site.client.get("/", headers=site.bearer("read"))
        assert told.status_code == 200
        for name in ("x-content-type-options", "referrer-policy", "cross-origin-opener-policy"):
            assert name in told.headers
        assert (await site.client.get("/plain.css")).status_code == 200
