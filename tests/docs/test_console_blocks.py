"""What the harness reads out of a page, and what it refuses to read."""

import pytest
from tests.docs.console_blocks import BadPage, find_commands

BLOCK = "```console\n$ {}\n```\n"


def texts(page):
    return [command.to_run for command in find_commands("page.md", page)]


def test_commands_begin_with_a_prompt_and_the_rest_is_output():
    page = "# Title\n\n```console\n$ one --now\nits output\n$ two\n```\n\n```bash\n$ three\n```\n"
    assert texts(page) == ["one --now", "two"]


@pytest.mark.parametrize("second_line", ["--more 1", "> --more 1", "  --more 1"])
def test_a_backslash_goes_on_with_the_next_line(second_line):
    assert texts(f"```console\n$ one \\\n{second_line}\n$ two\n```\n") == ["one --more 1", "two"]


def test_an_indented_block_counts_as_well():
    assert texts("1. step:\n\n   ```console\n   $ one\n   ```\n") == ["one"]


def test_lines_are_those_of_the_page():
    (command,) = find_commands("page.md", "text\n\n" + BLOCK.format("one"))
    assert (command.page, command.line) == ("page.md", 4)


@pytest.mark.parametrize(
    ("note", "field", "value"),
    [
        ("exits 3", "exits", (3,)),
        ("exits 0 or 3", "exits", (0, 3)),
        ('until "serving at"', "until", "serving at"),
        ('beside "serve --port 8000" on port 8000', "beside", ("serve --port 8000", "8000")),
        ("not run, it needs a second machine", "not_run", "not run, it needs a second machine"),
    ],
)
def test_a_comment_says_how_its_block_is_run(note, field, value):
    (noted, plain) = find_commands("page.md", f"<!-- test: {note} -->\n" + BLOCK.format("one") + BLOCK.format("two"))
    assert getattr(noted.notes, field) == value
    assert getattr(plain.notes, field) != value


def test_comments_add_up_and_shorten_what_is_run():
    page = '<!-- test: with "-t 4s" for "-t 5m" -->\n<!-- test: exits 3 -->\n\n' + BLOCK.format("load -t 5m")
    (command,) = find_commands("page.md", page)
    assert (command.text, command.to_run, command.notes.exits) == ("load -t 5m", "load -t 4s", (3,))


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<!-- test: sometimes -->\n" + BLOCK.format("one"), "page.md:1: nobody knows"),
        ("<!-- test: not run -->\n" + BLOCK.format("one"), "page.md:1: nobody knows"),
        ('<!-- test: with "b" for "a" -->\n' + BLOCK.format("one"), "page.md:2: the block does not say 'a'"),
        ("<!-- test: exits 3 -->\ntext\n\n" + BLOCK.format("one"), "page.md:1: .* above no block"),
        ("<!-- test: exits 3 -->\n", "page.md:1: .* above no block"),
        ("<!-- test: exits 3 -->\n```toml\na = 1\n```\n", "page.md:2: .* no console block"),
        ("```console\ncabanas-perf doctor\n```\n", "page.md:1: .* begins with"),
    ],
)
def test_a_page_that_cannot_be_followed_is_refused(page, problem):
    with pytest.raises(BadPage, match=problem):
        texts(page)
