from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    """What people do: the integrated booking module. Here the rooms are wired together."""

    name = "booking"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Booking")

    def ready(self) -> None:
        import booking.paths  # noqa: F401  so that every urls.py may speak of <id:...>
        from booking.calendars import planning
        from booking.calendars.feed import contribute, follow_sessions
        from booking.calendars.outside_feed import outside_events
        from booking.desk import session_tab
        from booking.journal.kinds import SESSION_PLACED, SESSION_SHOWN
        from booking.journal.record import follow
        from booking.mail import dress_with
        from booking.messages import reminders_panel, texts
        from booking.messages.tell import KINDS, tell
        from booking.payments import follow as money
        from booking.people import history, signin
        from booking.sessions import live
        from booking.signup import release, waiting

        live.connect()
        signin.connect()
        history.connect()
        planning.add_to_editor()
        reminders_panel.add_to_editor()
        session_tab.add_to_editor()
        contribute(outside_events)
        dress_with(texts.dressed)
        follow("calendars", [SESSION_SHOWN, SESSION_PLACED], follow_sessions)
        follow("payments", money.KINDS, money.follow_cancelling)
        follow("messages", KINDS, tell)
        follow("signup", waiting.KINDS, waiting.follow_seats)
        follow("fees", release.KINDS, release.follow_cancelled_session)
