"""Cards about connecting a conversation to a workspace."""

from datetime import UTC, date, datetime, time

from cards.model import Card, Element, Heading, Paragraph, Text
from cards.words import Words, plain


def connected(words: Words, place_name: str, platforms: tuple[str, ...]) -> Card:
    """`place_name` may be empty; `platforms` are those on which the workspace is now, by our names (`teams`, `slack`, `telegram`)."""
    title = words("places.connected", place=place_name) if place_name else words("places.connected_here")
    elements: list[Element] = [Heading(title), Paragraph(words.line("places.connected_how"))]
    if len(platforms) > 1:
        names = words.join([Text(words(f"platforms.{platform}")) for platform in platforms])
        elements.append(Paragraph(words.line("places.connected_platforms", platforms=names)))
    return Card(title, tuple(elements))


def disconnected(words: Words, place_name: str) -> Card:
    if not place_name:
        return Card(words("places.disconnected_here"), (Paragraph(words.line("places.disconnected_here")),))
    sentence = words.line("places.disconnected", place=Text(place_name, bold=True))
    return Card(plain(sentence), (Paragraph(sentence),))


def mode_chosen(words: Words, mode: str, *, is_connected: bool) -> Card:
    """What is told in the conversation from now on."""
    sentence = words(f"places.modes.{mode}")
    elements: list[Element] = [Heading(words("places.mode")), Paragraph((Text(sentence),))]
    if not is_connected:
        elements.append(Paragraph(words.line("places.mode_unconnected")))
    return Card(sentence, tuple(elements))


def day_thread(words: Words, day: date) -> Card:
    """The message that a day's cards answer."""
    title = words("places.day_thread", day=words.date(datetime.combine(day, time(12), UTC), "Etc/UTC"))
    return Card(title, (Paragraph((Text(title, bold=True),)),))


def connect_code(words: Words, code: str, minutes: int) -> Card:
    """For an administrator alone. The summary, which notifications show, keeps the code to itself."""
    title = words("places.code")
    command = Text(words("places.code_command", code=code), code=True)
    return Card(
        title,
        (
            Heading(title),
            Paragraph(words.line("places.code_how", count=minutes)),
            Paragraph((command,)),
            Paragraph((Text(words("places.code_once"), subtle=True),)),
        ),
    )


def not_connected(words: Words) -> Card:
    return Card(words("places.not_connected"), (Paragraph(words.line("places.not_connected")),))
