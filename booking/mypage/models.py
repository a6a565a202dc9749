"""Requests to be deleted, for staff to answer."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.dates import today
from booking.people.models import Person

#: Days within which a request must be answered. Source: GDPR, article 12 (3) (one month).
DAYS_TO_ANSWER = 30


class DeletionRequest(models.Model):
    """One person's wish that we forget them; open until staff have done it, or the person takes it back."""

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="deletion_requests"
    )
    asked_at = models.DateTimeField(_("request received"))
    done_at = models.DateTimeField(_("deleted"), null=True)

    class Meta:
        verbose_name = _("request for deletion")
        verbose_name_plural = _("requests for deletion")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(done_at=None), name="one_open_deletion_request")
        ]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def answer_by(self) -> date:
        return today(self.asked_at) + timedelta(days=DAYS_TO_ANSWER)
