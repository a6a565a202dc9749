"""Who may do what in the admin: the roles, as one table. ``docs/roles.md`` says the same in Danish words."""

from collections.abc import Iterator

from django.apps import apps as installed

EDITORS = "Redaktør"
ADMINISTRATORS = "Kursusadministrator"
FINANCE = "Økonomi"
SUPERUSERS = "Superbruger"

KEEP = ("view", "add", "change", "delete")
LOOK = ("view",)

#: What editors keep: the pages (below) and the records that pages show.
EDITORS_MAY = {
    "wagtailadmin.admin": ("access",),
    "booking.venue": KEEP,
    "booking.speaker": KEEP,
    "booking.contact": KEEP,
    "booking.choice": KEEP,
    "booking.outsidecalendar": KEEP,
    "booking.mailtext": ("view", "change"),
}

#: What course administrators may besides: people, prices, and what comes of the sign-ups.
ADMINISTRATORS_MAY = {
    "booking.municipality": KEEP,
    "booking.healthcouncil": KEEP,
    "booking.electionterm": KEEP,
    "booking.person": (*KEEP, "forget"),
    "booking.deletionrequest": LOOK,
    "booking.office": KEEP,
    "booking.secretary": KEEP,
    "booking.audience": KEEP,
    "booking.audiencegrant": ("view", "add", "change"),
    "booking.seller": KEEP,
    "booking.pricelist": KEEP,
    "booking.addon": KEEP,
    "booking.conditions": KEEP,
    "booking.booking": (
        "view",
        "see_needs",
        "add",
        "overbook",
        "cancel",
        "waive",
        "move",
        "substitute",
        "attend",
        "write",
    ),
    "booking.sessionpage": ("cancel",),
    "booking.payment": ("view", "refund"),
    "booking.difference": ("view", "put_right"),
    "booking.invoice": ("view", "issue", "credit", "settle"),
    "booking.fact": LOOK,
    "booking.outboxmessage": LOOK,
}

#: What finance looks at and takes with it, to write invoices from. Nothing is theirs to keep; what they have done about
#: a difference from Stripe's books is theirs to say.
FINANCE_MAY = {
    "wagtailadmin.admin": ("access",),
    "booking.booking": LOOK,
    "booking.payment": LOOK,
    "booking.difference": ("view", "put_right"),
    "booking.invoice": ("view", "issue", "credit", "settle"),
    "booking.seller": LOOK,
    "booking.pricelist": LOOK,
    "booking.addon": LOOK,
    "booking.conditions": LOOK,
}

#: What superusers may besides everything the others may. Users are not deleted: the journal names them. Nor are groups:
#: without its group nobody of a role would find their desk again.
SUPERUSERS_MAY = {
    "auth.user": ("view", "add", "change"),
    "auth.group": ("view", "add", "change"),
    "wagtailcore.site": KEEP,
    "wagtailcore.workflow": KEEP,
    "wagtailcore.task": KEEP,
    "wagtailredirects.redirect": KEEP,
}

#: On every page and in every collection of images and documents, for those who keep the pages.
ON_PAGES = ("add", "change", "publish", "bulk_delete", "lock", "unlock")
IN_COLLECTIONS = {
    "wagtailimages.image": ("add", "change", "choose"),
    "wagtaildocs.document": ("add", "change", "choose"),
}

#: Superusers arrange the collections themselves, too.
COLLECTIONS = {"wagtailcore.collection": ("add", "change", "delete")}

ROLES = {
    EDITORS: EDITORS_MAY,
    ADMINISTRATORS: EDITORS_MAY | ADMINISTRATORS_MAY,
    FINANCE: FINANCE_MAY,
    SUPERUSERS: EDITORS_MAY | ADMINISTRATORS_MAY | SUPERUSERS_MAY,
}
#: Those who keep the pages, and all that pages show.
ON_THE_PAGES = (EDITORS, ADMINISTRATORS, SUPERUSERS)

#: The groups and the moderation that Wagtail brings; ours take their place.
WAGTAILS_GROUPS = ("Editors", "Moderators")
APPROVAL = "Godkendelse"


def make_roles(apps=installed) -> None:
    """Make the groups and give them what the table says. Doing it again adds what is missing and takes nothing away.

    ``apps`` are a migration's; permissions are made here when Django has not come round to it yet.
    """
    Group = apps.get_model("auth", "Group")
    for role, may in ROLES.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.add(*_permissions(apps, may))
        if role in ON_THE_PAGES:
            _give_pages(apps, group)
            _give_collections(apps, group, IN_COLLECTIONS | (COLLECTIONS if role == SUPERUSERS else {}))


def grant(apps, may: dict[str, tuple[str, ...]], roles=ON_THE_PAGES) -> None:
    """Give the roles a few permissions more; for migrations of other apps, whose models ``booking`` does not know."""
    Group = apps.get_model("auth", "Group")
    for group in Group.objects.filter(name__in=roles):
        group.permissions.add(*_permissions(apps, may))


def retire_wagtails_groups(apps) -> None:
    """Let the roles approve what Wagtail's own groups would have, and remove those groups if nobody is in them."""
    GroupApprovalTask = apps.get_model("wagtailcore", "GroupApprovalTask")
    Workflow = apps.get_model("wagtailcore", "Workflow")
    Group = apps.get_model("auth", "Group")
    ours = Group.objects.filter(name__in=ON_THE_PAGES)
    for task in GroupApprovalTask.objects.filter(groups__name__in=WAGTAILS_GROUPS).distinct():
        task.groups.add(*ours)
        Workflow.objects.filter(workflow_tasks__task=task.pk, name="Moderators approval").update(name=APPROVAL)
        if task.name == "Moderators approval":
            task.name = APPROVAL
            task.save(update_fields=["name"])
    Group.objects.filter(name__in=WAGTAILS_GROUPS, user=None).delete()


def _permissions(apps, may: dict[str, tuple[str, ...]]) -> Iterator:
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    for label, actions in may.items():
        app_label, model = label.split(".")
        content_type, _made = ContentType.objects.get_or_create(app_label=app_label, model=model)
        for action in actions:
            permission, _made = Permission.objects.get_or_create(
                content_type=content_type,
                codename=f"{action}_{model}",
                defaults={"name": f"Can {action} {model}"},
            )
            yield permission


def _give_pages(apps, group) -> None:
    Page = apps.get_model("wagtailcore", "Page")
    GroupPagePermission = apps.get_model("wagtailcore", "GroupPagePermission")
    for root in Page.objects.filter(depth=1):
        for permission in _permissions(apps, {"wagtailcore.page": ON_PAGES}):
            GroupPagePermission.objects.get_or_create(group_id=group.pk, page_id=root.pk, permission_id=permission.pk)


def _give_collections(apps, group, may: dict[str, tuple[str, ...]]) -> None:
    Collection = apps.get_model("wagtailcore", "Collection")
    GroupCollectionPermission = apps.get_model("wagtailcore", "GroupCollectionPermission")
    for root in Collection.objects.filter(depth=1):
        for permission in _permissions(apps, may):
            GroupCollectionPermission.objects.get_or_create(
                group_id=group.pk, collection_id=root.pk, permission_id=permission.pk
            )
