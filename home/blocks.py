"""The few blocks that pages are written with. Settled: a new block is a migration on every page type."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock


class QuoteBlock(blocks.StructBlock):
    """Somebody's words and who said them."""

    text = blocks.TextBlock(label=_("Quote"))
    source = blocks.CharBlock(label=_("Who said it"), required=False)

    class Meta:
        label = _("Quote")
        icon = "openquote"
        template = "home/blocks/quote.html"


class FigureBlock(blocks.StructBlock):
    """An image with its alternative text, and perhaps a caption."""

    image = ImageBlock(label=_("Image"))
    caption = blocks.CharBlock(label=_("Caption"), required=False)

    class Meta:
        label = _("Image")
        icon = "image"
        template = "home/blocks/figure.html"


class BodyBlock(blocks.StreamBlock):
    """The text of a page: headings, text, images, quotes and boxes."""

    heading = blocks.CharBlock(label=_("Heading"), icon="title", template="home/blocks/heading.html")
    text = blocks.RichTextBlock(
        label=_("Text"),
        features=["h3", "bold", "italic", "ul", "ol", "link", "document-link"],
        template="home/blocks/text.html",
    )
    figure = FigureBlock()
    quote = QuoteBlock()
    box = blocks.RichTextBlock(
        label=_("Box"),
        icon="placeholder",
        features=["bold", "italic", "ul", "link", "document-link"],
        template="home/blocks/box.html",
    )


class CardBlock(blocks.StructBlock):
    """A short way on from the front page."""

    title = blocks.CharBlock(label=_("Title"), max_length=60)
    text = blocks.TextBlock(label=_("Text"), max_length=200)
    link_text = blocks.CharBlock(label=_("Words of the link"), max_length=40)
    page = blocks.PageChooserBlock(
        label=_("Leads to"), required=False, help_text=_("Leave empty to lead to the calendar.")
    )

    class Meta:
        label = _("Card")
        icon = "doc-full"
