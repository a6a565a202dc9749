import shutil
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from booking.dates import When
from booking.models import Municipality
from home.content import FOLDER, BodyPart, ContentError, read

SUNDAY = date(2026, 11, 22)


def changed(folder, file, old, new):
    """A copy of the content in which one thing is different."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "offers.toml",
            'audience = "new_mayors"',
            'audience = "nobody"',
            "offer mentorordning: there is no audience 'nobody'",
        ),
        ("offers.toml", "on_request = true", "on_reqest = true", "offers.toml, mentorordning: unknown key on_reqest"),
        ("offers.toml", 'title = "Mentorordning"\n', "", "offers.toml, mentorordning: title is missing"),
        ("offers.toml", '["KL", "Komponent"]', '["KL", "SKI"]', "offer mentorordning: there is no provider 'SKI'"),
        (
            "course.toml",
            'speakers = ["niels_lunde"]',
            'speakers = ["n_lunde"]',
            "session 2022-12-05: there is no speaker 'n_lunde'",
        ),
        (
            "pages.toml",
            'target = "catalogue"',
            'target = "elsewhere"',
            "card Find et tilbud: there is no target 'elsewhere'",
        ),
        ("contacts.toml", 'key = "kl"', "key = kl", "contacts.toml: "),
    ],
    ids=["audience", "misspelt", "missing", "provider", "speaker", "card", "not TOML"],
)
def test_a_slip_in_a_content_file_is_named(tmp_path, file, old, new, complaint):
    with pytest.raises(ContentError) as error:
        read(changed(tmp_path, file, old, new))

    assert str(error.value).startswith(complaint)


def test_a_slip_stops_the_command_and_nothing_is_made(db, tmp_path):
    folder = changed(tmp_path, "offers.toml", '["KL", "Komponent"]', '["KL", "SKI"]')

    with pytest.raises(CommandError, match="there is no provider 'SKI'"):
        call_command("load_catalogue", folder=folder)

    assert not Municipality.objects.exists()


def test_text_becomes_paragraphs_and_points_and_never_markup():
    part = BodyPart(text="Først & <b>fremmest</b>.\n\nDernæst\ndet.", points=("a < b",))

    assert part.html == ("<p>Først &amp; &lt;b&gt;fremmest&lt;/b&gt;.</p><p>Dernæst det.</p><ul><li>a &lt; b</li></ul>")


def test_weeks_ahead_count_from_the_week_of_loading():
    sessions = {session.key: session for session in read().sessions}

    assert sessions["2026-dilemmaer"].when(SUNDAY).starts_on == date(2026, 11, 11)
    overnight = sessions["2026-samspil-med-forvaltningen"].when(SUNDAY)
    assert (overnight.starts_on, overnight.ends_on) == (date(2027, 1, 18), date(2027, 1, 19))


def test_words_stand_for_whole_months_of_the_year_to_come():
    sessions = {session.key: session for session in read().sessions}

    assert sessions["2026-nye-samspil"].when(SUNDAY) == When(date(2027, 5, 1), date(2027, 6, 30), words="maj/juni 2027")
