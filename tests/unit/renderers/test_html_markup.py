import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.renderers.html.markup import Html, element, join, raw_text
from cabanas_perf.renderers.html.scales import Scale, scale_over

HOSTILE = "</script><script>alert(1)</script> & \" ' <!--"


def test_text_is_escaped_and_markup_is_not():
    assert element("p", "1 < 2 & 3", element("b", "x")) == "<p>1 &lt; 2 &amp; 3<b>x</b></p>"


def test_children_may_be_numbers_nothing_or_nested():
    assert element("p", 1, None, ["a", [element("br")]]) == "<p>1a<br></p>"


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"class_": "a b"}, ' class="a b"'),
        ({"aria_label": 'say "x"'}, ' aria-label="say &quot;x&quot;"'),
        ({"viewBox": "0 0 1 1"}, ' viewBox="0 0 1 1"'),
        ({"open": True, "hidden": False, "id": None}, " open"),
        ({"y": 1 / 3, "x": 2}, ' y="0.333333" x="2"'),
        ({"tabindex": 0}, ' tabindex="0"'),
    ],
)
def test_attributes(attributes, text):
    assert element("p", **attributes) == f"<p{text}></p>"


def test_attributes_have_names_that_can_be_written():
    with pytest.raises(ValueError, match="on click"):
        element("p", **{"on click": "x"})


@given(st.text())
def test_no_text_makes_a_tag(text):
    inner = join(text)
    assert isinstance(inner, Html)
    assert "<" not in inner
    assert ">" not in inner
    assert '"' not in element("p", title=text).removeprefix('<p title="').removesuffix('"></p>')


@pytest.mark.parametrize("text", ["</script>", "</STYLE", "<!-- x"])
def test_a_script_cannot_end_itself(text):
    with pytest.raises(ValueError, match="may not hold"):
        raw_text("script", f"var x = '{text}'")
    assert raw_text("script", "a < b && c", id="x") == '<script id="x">a < b && c</script>'


finite = st.floats(min_value=1e-6, max_value=1e9)


@given(finite, finite, finite, st.booleans())
def test_places_lie_on_the_axis_and_keep_the_order(low, high, value, logarithmic):
    scale = Scale(min(low, high), max(low, high), logarithmic)
    assert 0 <= scale.at(value) <= 1
    assert scale.at(value) <= scale.at(value * 2)


@given(finite, st.floats(min_value=1.01, max_value=1e6), st.booleans())
def test_ticks_are_few_ascending_and_on_the_axis(low, factor, logarithmic):
    scale = Scale(low, low * factor, logarithmic)
    ticks = scale.ticks()
    assert list(ticks) == sorted(set(ticks))
    assert len(ticks) <= 13
    assert all(low * (1 - 1e-6) <= tick <= low * factor * (1 + 1e-6) for tick in ticks)


@pytest.mark.parametrize(
    ("values", "options", "ends"),
    [
        ((), {}, None),
        ((None, 0), {"logarithmic": True}, None),
        ((1, 2), {"from_zero": True}, (0, 2.1)),
        ((5, None, 5), {}, (5, 6)),
        ((0, 10, 1000), {"logarithmic": True}, (10 / 1.3, 1300)),
    ],
)
def test_a_scale_takes_in_what_is_known(values, options, ends):
    scale = scale_over(values, **options)
    assert (None if scale is None else (scale.low, scale.high)) == ends


def test_a_scale_of_one_value_puts_it_in_the_middle():
    assert Scale(3, 3).at(3) == 0.5
