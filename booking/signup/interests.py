"""Those who want to hear when a session gets its date."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.people.models import Person
from booking.sessions.models import SessionPage


class Interest(models.Model):
    """Somebody who wants to hear when a session gets its date."""

    session = models.ForeignKey(SessionPage, on_delete=models.CASCADE, related_name="interests")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="interests")
    created_at = models.DateTimeField(_("asked"))

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="one_interest_per_person")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.person_id}"
