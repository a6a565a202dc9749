"""The forms in which editors make a session, and copy one."""

from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.forms.pages import CopyForm


class SessionPageForm(WagtailAdminPageForm):
    """A new session starts with what its parent wants its sessions to start with; from then on it has its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and self.parent_page is not None:
            defaults = getattr(self.parent_page.specific, "session_defaults", dict)()
            for name, value in defaults.items():
                if name in self.fields:
                    self.initial[name] = value
        # A day that nobody wrote would stay behind when the first one is moved.
        if self.initial.get("ends_on") == self.initial.get("starts_on"):
            self.initial["ends_on"] = None


class CopySessionForm(CopyForm):
    """A copy is an event of its own; an alias would be a second page for the same one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("alias", None)
