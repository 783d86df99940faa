"""Every example of the documentation runs as it is pasted, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import PAGES, Block, blocks, name_of
from tests.docs.reader import JAVASCRIPT, Reader, Servers, reader_environ, runs
from tests.official.node.installed import INSTALL_SECONDS, need_modules

RUN = [path for path in PAGES if any(runs(block) for block in blocks(path))]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    home = tmp_path_factory.mktemp("servers")
    found = Servers(home, reader_environ(home))
    yield found
    found.close()


@pytest.mark.timeout(INSTALL_SECONDS + 120)
@pytest.mark.parametrize("path", RUN, ids=name_of)
def test_a_page_runs_as_pasted(path: Path, servers: Servers, tmp_path: Path) -> None:
    pasted = [block for block in blocks(path) if runs(block)]
    environ = reader_environ(tmp_path)
    reader = Reader(tmp_path, servers, environ)
    if any(block.language in JAVASCRIPT for block in pasted):
        try:
            environ["NODE_PATH"] = str(need_modules())
        except pytest.skip.Exception:  # the rest of the page runs without Node
            reader.read([block for block in pasted if block.language not in JAVASCRIPT])
            raise
    reader.read(pasted)


def test_the_block_that_fails_is_named(servers: Servers, tmp_path: Path) -> None:
    shell = Block("page.md", 3, "sh", "X=1\n")
    wrong = Block("page.md", 9, "sh", 'test "$X" = 1\ntest "$X" = 2 | cat\necho never\n')
    with pytest.raises(AssertionError, match=r"FAILED page\.md:9") as said:
        Reader(tmp_path, servers, reader_environ(tmp_path)).read([shell, wrong])
    assert "never" not in str(said.value)
