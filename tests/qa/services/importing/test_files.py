"""Reading: every format of text, and what is refused. No database."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.exceptions import ImportRefused
from qa.services.importing.reading import MAX_FILE_BYTES, read_file
from qa.services.importing.rows import Wording
from tests.qa.services.importing.reading import problems_of, read


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_separator_found_in_header(tmp_path: Path, separator: str) -> None:
    content = f"编号{separator}中文问题{separator}中文答案\nw{separator}漏水？{separator}关机。\n"
    (row,) = read(tmp_path, "f.csv", content)
    assert (row.external_id, row.wordings) == ("w", (Wording("zh", "漏水？", "关机。"),))


@pytest.mark.parametrize(
    "header", ["Question (zh)", "question-zh", "QUESTION_ZH", "问题（中文）", "中文问题", "标准问题 (中文)"]
)
def test_csv_header_spellings(tmp_path: Path, header: str) -> None:
    (row,) = read(tmp_path, "f.csv", f"id,{header}\nw,漏水？\n")
    assert row.wordings == (Wording("zh", "漏水？"),)


def test_csv_names_every_bad_row(tmp_path: Path) -> None:
    content = (
        "id,question_en,answer_en,emergency,status,products,category\n"
        f"a,{'x' * 501},ok,perhaps,gone,two words,{'c' * 65}\n"
        ",q,a\n"
        "a,q\x00,a,yes,draft,p,c\n"
        "b,q,a,,,,,surplus\n"
    )
    assert problems_of(tmp_path, "f.csv", content) == (
        "row 5: found 8 cells (the last is 'surplus'); expected 7: quote cells that hold the separator.",
        "row 2, question_en: found 501 characters; expected at most 500: shorten it.",
        "row 2, category: found 65 characters; expected at most 64: shorten it.",
        "row 2, products: found 'two words'; expected a code of letters a to z, digits, - and _.",
        (
            "row 2, emergency: found 'perhaps'; expected one of "
            "yes, true, 1, y, 是, 紧急, no, false, 0, n, 否, 不, or nothing."
        ),
        (
            "row 2, status: found 'gone'; expected one of "
            "draft, published, archived, 草稿, 已发布, 发布, 已归档, 归档, or nothing."
        ),
        "row 3, external_id: found nothing; expected a name that is this entry's alone.",
        "row 4, question_en: found a NUL (U+0000) at character 2; expected readable text: delete it.",
        "row 4, external_id: found 'a' a second time (first in row 2); expected it once in a file.",
    )


def test_csv_limits_are_kept_exactly(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "f.csv", f"id,question_en,answer_en\n{'i' * 128},{'q' * 500},{'a' * 8000}\n")
    assert (len(row.external_id), row.wordings) == (128, (Wording("en", "q" * 500, "a" * 8000),))


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        ("question,anwser\nq,a\n", "row 1, column 2: found 'anwser'; expected one of answer, answer_en"),
        ("question,question\nq,a\n", "row 1, column 2: found 'question' a second time"),
        ("question,question_zh\nq,a\n", "row 1, question: found question beside question_zh"),
        ("answer\na\n", "row 1: found answer; expected at least external_id or question"),
        ("text,question\nt,q\n", "row 1: found question, text; expected label, text"),
        ('question,answer\n"q,a\n', "row 2: found a faulty quotation mark"),
        ("question,answer\n", "the file: found no entry"),
        ("", "the file: found nothing in it"),
        (" \n\n", "the file: found nothing in it"),
        ("label,text\nx,\n,y\n", "row 2, text: found nothing"),
        ("question,answer,language\nq,a,fr\n", "row 2, language: found 'fr'"),
    ],
)
def test_csv_refused(tmp_path: Path, content: str, begins: str) -> None:
    assert problems_of(tmp_path, "f.csv", content)[0].startswith(begins)


def test_csv_question_and_answer_only(tmp_path: Path) -> None:
    first, second = read(tmp_path, "f.csv", "question,answer\n漏水？,关机。\nWhy?,Because.\n")
    again, _ = read(tmp_path, "g.csv", "question,answer\n 漏水？ ,不同的答案。\nWhy?,So.\n")
    assert first.wordings == (Wording("zh", "漏水？", "关机。"),)
    assert second.wordings == (Wording("en", "Why?", "Because."),)
    assert first.external_id == again.external_id != second.external_id
    assert len(first.external_id) == len("q-") + 16


def test_tsv_rows_of_phrasings_are_grouped(tmp_path: Path) -> None:
    rows = read(tmp_path, "f.tsv", "label\ttext\na\t漏水\nb\tdrips\na\tit leaks\na\t漏水\n")
    assert [(r.external_id, r.position, r.wordings, r.num_duplicates) for r in rows] == [
        ("a", "row 2", (Wording("zh", phrasings=("漏水",)), Wording("en", phrasings=("it leaks",))), 1),
        ("b", "row 3", (Wording("en", phrasings=("drips",)),), 0),
    ]


def test_tsv_quotes_that_quote_nothing_are_kept(tmp_path: Path) -> None:
    quoted, *_ = read(tmp_path, "f.tsv", 'label\ttext\na\t"set a ""timer"""\n')
    plain, *_ = read(tmp_path, "f.tsv", 'label\ttext\na\t"set a timer\nb\t5" pipe\nc\t"x\n')
    assert quoted.wordings == (Wording("en", phrasings=('set a "timer"',)),)
    assert plain.wordings == (Wording("en", phrasings=('"set a timer',)),)


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        ("[" * 100_000, "the file: found brackets nested too deeply"),
        ('{"entries": ' * 100_000, "the file: found brackets nested too deeply"),
        ('{"entries": [}', "line 1, column 14: found no JSON (Expecting value)"),
        ("[]", "the file: found a list of 0; expected an object"),
        ('{"entries": {}}', "the file, entries: found an object; expected a list"),
        ('{"entries": [3]}', "entry 1: found 3; expected an object"),
        ('{"entires": []}', "the file: found the unknown key 'entires'"),
        ('{"entries": []}', "the file: found no entry"),
        (
            '{"entries": [{"external_id": "a", "external_id": "b"}]}',
            "the file: found JSON with a fault: the key 'exter",
        ),
        ('{"entries": [{"external_id": NaN}]}', "the file: found JSON with a fault: NaN is no JSON value"),
        ('{"entries": [{"external_id": ' + "9" * 5000 + "}]}", "the file: found JSON with a fault"),
        ('{"entries": [{"external_id": 5}]}', "entry 1, external_id: found 5; expected a text"),
        ('{"entries": [{"external_id": "a", "emergency": "no"}]}', "entry 1, emergency: found 'no'; expected true or"),
        (
            '{"entries": [{"external_id": "a", "question": {"fr": "q"}}]}',
            "entry 1, question: found the unknown key 'fr'",
        ),
        ('{"entries": [{"external_id": "a", "question": "q"}]}', "entry 1, question: found 'q'; expected an object by"),
        (
            '{"entries": [{"external_id": "a", "phrasings": {"zh": "p"}}]}',
            "entry 1, phrasings_zh: found 'p'; expected a",
        ),
        ('{"entries": [{"external_id": "a\\ud800"}]}', "entry 1, external_id: found a lone surrogate (U+D800) at char"),
        ('{"entries": [{"external_id": "a", "\\ud800": 1}]}', "entry 1: found the unknown key '\\ud800'"),
        ('{"entries": [{"category": "c"}]}', "entry 1: found neither external_id nor question"),
        ('{"terms": [{"term": "t"}, {"term": "t"}]}', "term 2, term: found 't' a second time (first in term 1)"),
        ('{"terms": [{"kind": "noun"}]}', "term 1, term: found nothing"),
        ('{"products": [{"code": "a b"}]}', "product 1, code: found 'a b'"),
    ],
)
def test_json_refused(tmp_path: Path, content: str, begins: str) -> None:
    problem = problems_of(tmp_path, "f.json", content)[0]
    assert problem.startswith(begins), problem
    problem.encode()


def test_jsonl_names_the_line(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "f.jsonl", '{"external_id": "a"}\n\n[]\n{"external_id": "a"}\n') == (
        "line 3: found a list of 0; expected an object, one entry a line.",
        "line 4, external_id: found 'a' a second time (first in line 1); expected it once in a file.",
    )
    assert problems_of(tmp_path, "f.jsonl", '{"external_id": "a"}\n{')[0].startswith("line 2, column 2: found no JSON")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda v: (
        st.lists(v, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["entries", "terms", "external_id", "question", "phrasings", "zh", "products", "term", "x"]
            ),
            v,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_json_anything_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    with suppress(ImportRefused):
        read(tmp_path_factory.getbasetemp(), "any.json", json.dumps({"entries": [value], "terms": [value]}))


def test_markdown_simple_and_full(tmp_path: Path) -> None:
    content = """# Title
left out
## Why does it drip?
category: water

First.

```
## no heading
```
## w-1: 漏水？
产品: split，floor
emergency: yes
### 答案 (zh)
关机。

#### 然后
报修。
### phrasings (en)
- it drips
* leaks
"""
    simple, full = read(tmp_path, "f.md", content)
    assert (simple.position, simple.category) == ("line 3", "water")
    assert simple.wordings == (Wording("en", "Why does it drip?", "First.\n\n```\n## no heading\n```"),)
    assert (full.external_id, full.products, full.is_emergency) == ("w-1", ("split", "floor"), True)
    assert full.wordings == (
        Wording("zh", "漏水？", "关机。\n\n#### 然后\n报修。"),
        Wording("en", phrasings=("it drips", "leaks")),
    )


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        ("## q\ncatgory: x\n", "line 1: found the line 'catgory: x'; expected category, emergency"),
        ("## q\n\n### anwser (zh)\na\n", "line 3: found the heading 'anwser (zh)'; expected question, answer"),
        ("## q\n\na\n### answer (en)\nb\n", "line 4: found answer_en a second time"),
        ("### answer\n", "line 1: found the heading 'answer'; expected a '## question' heading before it"),
        ("just text\n", "the file: found no entry"),
    ],
)
def test_markdown_refused(tmp_path: Path, content: str, begins: str) -> None:
    assert problems_of(tmp_path, "f.md", content)[0].startswith(begins)


def test_files_refused(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "f.pdf", "x")[0].startswith("the file: found the suffix '.pdf'")
    with pytest.raises(ImportRefused, match=r"absent\.csv was not imported"):
        read_file(tmp_path / "absent.csv", "zh")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ImportRefused):
        read_file(tmp_path / "folder.csv", "zh")
    assert problems_of(tmp_path, "big.csv", b"x" * (MAX_FILE_BYTES + 1))[0].startswith(
        "the file: found more than 52,428,"
    )


def test_entries_phrasing_of_two_entries_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text("label\ttext\na\tIt  drips\nb\tit drips\n")
    assert read_file(path, "zh").warnings == ("'It drips' is said of 2 entries: a, b. Keep it in one.",)
