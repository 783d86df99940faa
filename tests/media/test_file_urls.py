"""Signed file URLs: what opens, what does not, and what is recognised as ours."""

from __future__ import annotations

import pytest

from genmux.media.urls import FileRef, FileUrls, InputRef, InputUrls, UrlFault

TASK = "0123456789abcdef" * 2
URLS = FileUrls(b"k" * 32)
REF = FileRef(TASK, 0, "mp4", 2000)


def made(task: str = TASK, n: int = 0, extension: str = "mp4", expires: int = 2000) -> tuple[str, str]:
    path, _, query = URLS.path(task, n, extension, expires).partition("?")
    return path, query


def test_equal_inputs_give_equal_urls() -> None:
    assert URLS.path(TASK, 0, "mp4", 2000) == URLS.path(TASK, 0, "mp4", 2000)
    assert URLS.path(TASK, 0, "mp4", 2000) != FileUrls(b"o" * 32).path(TASK, 0, "mp4", 2000)
    assert URLS.path(TASK, 3, "webp", 2000).startswith(f"/files/{TASK}/3.webp?e=2000&s=")


def test_a_url_opens_until_it_expires() -> None:
    assert URLS.parse(*made(), 1999) == REF
    assert URLS.parse(*made(), 2000) is UrlFault.EXPIRED


@pytest.mark.parametrize(
    "path",
    [
        f"/files/{'f' * 32}/0.mp4",
        f"/files/{TASK}/1.mp4",
        f"/files/{TASK}/0.png",
    ],
)
def test_another_file_needs_another_signature(path: str) -> None:
    assert URLS.parse(path, made()[1], 0) is UrlFault.FORGED


@pytest.mark.parametrize("at", range(22))
def test_every_character_of_the_signature_counts(at: int) -> None:
    path, query = made()
    start, signature = query[:-22], query[-22:]
    other = "A" if signature[at] != "A" else "Q"
    forged = signature[:at] + other + signature[at + 1 :]
    assert URLS.parse(path, start + forged, 0) is UrlFault.FORGED


def test_the_expiry_is_signed() -> None:
    path, query = made()
    assert URLS.parse(path, query.replace("e=2000", "e=9000"), 0) is UrlFault.FORGED


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (made()[0], ""),
        (made()[0], "e=2000"),
        (made()[0], made()[1] + "&x=1"),
        (made()[0], made()[1] + "\n"),
        (made()[0], made()[1][:-1]),
        (made()[0], made()[1].replace("e=", "e=-")),
        (made()[0], made()[1].replace("e=2000", "e=२०००")),
        (made()[0] + "\n", made()[1]),
        (made()[0] + "/", made()[1]),
        ("/x" + made()[0], made()[1]),
        (made()[0].replace("0.mp4", "00.mp4"), made()[1]),
        (made()[0].replace("0.mp4", "../0.mp4"), made()[1]),
        (made()[0].upper(), made()[1]),
        ("", ""),
    ],
)
def test_only_the_exact_spelling_opens(path: str, query: str) -> None:
    assert URLS.parse(path, query, 0) is UrlFault.MALFORMED


@pytest.mark.parametrize(
    ("task", "n", "extension", "expires"),
    [("xyz", 0, "mp4", 1), (TASK, -1, "mp4", 1), (TASK, 0, "a/b", 1), (TASK, 0, "mp4", -1)],
)
def test_nonsense_is_not_signed(task: str, n: int, extension: str, expires: int) -> None:
    with pytest.raises(ValueError, match="no file URL"):
        URLS.path(task, n, extension, expires)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        FileUrls(b"short")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080{}",
        "https://gen.example.com{}",
        "HTTPS://GEN.Example.COM:443{}",
        "https://gen.example.com/proxy/prefix{}",
        "https://gen.example.com{}&utm_source=mail",
        "https://gen.example.com{}#t=3",
        "https://user@gen.example.com{}",
    ],
)
def test_our_own_urls_are_recognised_in_any_spelling(url: str) -> None:
    assert URLS.recognise(url.format(URLS.path(TASK, 0, "mp4", 2000)), None) == REF


def test_recognition_can_ask_for_our_hosts() -> None:
    url = "https://Gen.example.com:8443" + URLS.path(TASK, 0, "mp4", 2000)
    assert URLS.recognise(url, {"gen.example.com"}) == REF
    assert URLS.recognise(url, {"other.example.com"}) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://gen.example.com/a.png",
        "ftp://gen.example.com" + URLS.path(TASK, 0, "mp4", 2000),
        "https://gen.example.com" + FileUrls(b"o" * 32).path(TASK, 0, "mp4", 2000),
        "https://gen.example.com" + URLS.path(TASK, 0, "mp4", 2000) + "&e=2000",
        "https://gen.example.com" + URLS.path(TASK, 0, "mp4", 2000).replace("/0.", "/1."),
        URLS.path(TASK, 0, "mp4", 2000),
        "https://[broken" + URLS.path(TASK, 0, "mp4", 2000),
        "https://gen.example.com" + URLS.path(TASK, 0, "mp4", 2000) + "&p=" + "x" * 3000,
        "",
    ],
)
def test_foreign_and_forged_urls_are_not_recognised(url: str) -> None:
    assert URLS.recognise(url, None) is None


# ---------------------------------------------------------------- inputs

INPUT = f"inputs/{'ab' * 32}.png"
RESULT = f"tasks/ab/{'ab' * 16}/0.mp4"
INPUTS = InputUrls(b"k" * 32)


def input_made(media_key: str = INPUT, expires: int = 2000) -> tuple[str, str]:
    path, _, query = INPUTS.path(media_key, expires).partition("?")
    return path, query


def test_an_input_url_opens_until_it_expires() -> None:
    assert input_made()[0] == f"/{INPUT}"
    assert INPUTS.parse(*input_made(), 1999) == InputRef(INPUT, 2000)
    assert INPUTS.parse(*input_made(), 2000) is UrlFault.EXPIRED
    assert INPUTS.path(INPUT, 2000) == InputUrls(b"k" * 32).path(INPUT, 2000)
    assert input_made(RESULT)[0] == f"/inputs/{RESULT}"
    assert INPUTS.parse(*input_made(RESULT), 1999) == InputRef(RESULT, 2000)


def test_an_input_url_is_signed_for_one_input_one_time_and_one_purpose() -> None:
    other = INPUT.replace("ab", "cd", 1)
    path, query = input_made()
    assert INPUTS.parse(f"/{other}", query, 0) is UrlFault.FORGED
    assert INPUTS.parse(path.replace("png", "jpg"), query, 0) is UrlFault.FORGED
    assert INPUTS.parse(path, query.replace("e=2000", "e=9000"), 0) is UrlFault.FORGED
    assert InputUrls(b"o" * 32).parse(path, query, 0) is UrlFault.FORGED
    assert INPUTS.parse(path, made()[1], 0) is UrlFault.FORGED


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", input_made()[1]),
        (f"/{INPUT}/", input_made()[1]),
        (f"//{INPUT}", input_made()[1]),
        (f"/{INPUT.upper()}", input_made()[1]),
        (f"/{INPUT}\n", input_made()[1]),
        (f"/{INPUT}", input_made()[1] + "&x=1"),
        (f"/{INPUT}", input_made()[1].replace("e=", "e=0")),
        (f"/{INPUT}", ""),
        (made()[0], input_made()[1]),
        ("/inputs/../artifacts/a.mp4", input_made()[1]),
        (f"/inputs/{INPUT}", input_made()[1]),
        (f"/{RESULT}", input_made(RESULT)[1]),
        (f"/inputs/{RESULT.replace('/0.', '/00.')}", input_made(RESULT)[1]),
    ],
)
def test_only_the_exact_spelling_of_an_input_opens(path: str, query: str) -> None:
    assert INPUTS.parse(path, query, 0) is UrlFault.MALFORMED


@pytest.mark.parametrize("media_key", ["inputs/ab.png", "artifacts/" + "ab" * 32 + ".png", "", f"/{INPUT}"])
def test_only_inputs_have_input_urls(media_key: str) -> None:
    with pytest.raises(ValueError, match="no input URL"):
        INPUTS.path(media_key, 2000)
    with pytest.raises(ValueError, match="16 bytes"):
        InputUrls(b"short")
