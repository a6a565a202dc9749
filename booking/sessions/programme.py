"""The programme of a session: days, timed items, and inputs within an item. Days follow the session's own dates."""

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

ITEM_KINDS = [
    ("arrival", _("Arrival")),
    ("welcome", _("Welcome")),
    ("talk", _("Talk")),
    ("theme", _("Theme")),
    ("discussion", _("Discussion")),
    ("reflection", _("Reflection")),
    ("break", _("Break")),
    ("meal", _("Meal")),
    ("social", _("Social event")),
    ("closing", _("Closing")),
]
INPUT_KINDS = [("talk", _("Input")), ("discussion", _("Discussion"))]


def speakers_block() -> blocks.ListBlock:
    return blocks.ListBlock(SnippetChooserBlock("booking.Speaker"), label=_("Speakers"), default=[], required=False)


class InputBlock(blocks.StructBlock):
    """A talk or a discussion inside a timed item."""

    kind = blocks.ChoiceBlock(choices=INPUT_KINDS, default="talk", label=_("Kind"))
    title = blocks.CharBlock(label=_("Title"), required=False)
    abstract = blocks.RichTextBlock(label=_("Abstract"), required=False, features=["bold", "italic", "link", "ul"])
    speakers = speakers_block()

    class Meta:
        label = _("Input")
        icon = "comment"


class ItemBlock(blocks.StructBlock):
    """One line of the programme: a time, a title and what belongs to it."""

    time = blocks.TimeBlock(label=_("Time"), format="%H:%M")
    kind = blocks.ChoiceBlock(choices=ITEM_KINDS, default="theme", label=_("Kind"))
    title = blocks.CharBlock(label=_("Title"))
    abstract = blocks.RichTextBlock(label=_("Abstract"), required=False, features=["bold", "italic", "link", "ul"])
    speakers = speakers_block()
    inputs = blocks.ListBlock(InputBlock(), label=_("Inputs"), default=[], required=False)

    class Meta:
        label = _("Item")
        icon = "time"


class DayBlock(blocks.StructBlock):
    """One day; the first is the day the session starts on."""

    heading = blocks.CharBlock(
        label=_("Heading"),
        required=False,
        help_text=_("Only if the day has a name of its own; the date comes by itself."),
    )
    items = blocks.ListBlock(ItemBlock(), label=_("Items"))

    class Meta:
        label = _("Day")
        icon = "date"


def dated_days(programme, starts_on: date | None) -> list[tuple[date | None, blocks.StructValue]]:
    """Each day of the programme with its date, counted from the first; no dates while they are unknown."""
    days = [block.value for block in programme]
    return [(starts_on and starts_on + timedelta(days=number), day) for number, day in enumerate(days)]


def labelled_inputs(item: blocks.StructValue) -> list[tuple[str, blocks.StructValue]]:
    """Each input of an item with what it is called; talks are counted where there are more than one."""
    talks = [value for value in item["inputs"] if value["kind"] == "talk"]
    labels = dict(INPUT_KINDS)
    labelled = []
    for value in item["inputs"]:
        label = str(labels[value["kind"]])
        if value["kind"] == "talk" and len(talks) > 1:
            number = next(number for number, talk in enumerate(talks, start=1) if talk is value)
            label = f"{label} {number}"
        elif value["title"].lower().startswith(label.lower()):
            label = ""  # "Drøftelse på tværs" says what it is
        labelled.append((label, value))
    return labelled
